using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Data;
using GpuCtr.Engine;
using GpuCtr.Training.Explanations;
using GpuCtr.Training.Tests.Export;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests;

/// <summary>Runs of a model that ranks lists, with every verb that such a run meets.</summary>
public sealed class ListRunTests(ListRunTests.Trained trained) : OwnFolder, IClassFixture<ListRunTests.Trained>
{
    private static readonly string[] model =
        ["--model", "prm", "--group-id", "request", "--attention-width", "16", "--embedding-dim", "4", "--batch-size", "64", "--device", "cpu", "--lr", "0.005", "--patience", "0", "--fit-cache", "off", "--top", "3", "--json"];

    private string Out => Folder.File("run");

    /// <summary>A run that all tests share.</summary>
    public sealed class Trained : OwnFolder
    {
        public Trained()
        {
            (Train, Test) = (new ClickedLists(700, seed: 1).Write(Folder.File("train.parquet")), Lists.Write(Folder.File("test.parquet")));
            Outcome = Run(["train", Train, "--test", Test, "--out", Model, "--epochs", "6", .. model]).Succeeded();
        }

        public ClickedLists Lists { get; } = new(120, seed: 2, firstRequest: 5000);

        public string Train { get; }

        public string Test { get; }

        public string Model => Folder.File("run");

        public CommandOutcome Outcome { get; }
    }

    [Fact]
    public void An_item_is_judged_beside_the_others_of_its_list_and_ndcg_decides_which_epoch_is_best()
    {
        JsonElement told = JsonDocument.Parse(trained.Outcome.Out).RootElement;
        Assert.InRange(told.GetProperty("ndcg").GetDouble(), 0.9, 1);
        Assert.Contains("valid NDCG@3", trained.Outcome.Error, StringComparison.Ordinal);
        // The loss of a list and logloss of its probabilities are no measure of clicks.
        Assert.DoesNotContain("logloss", string.Concat(trained.Outcome.Error.Split('\n').Where(l => l.StartsWith("warning", StringComparison.Ordinal))), StringComparison.Ordinal);
        JsonObject[] epochs = [.. File.ReadAllLines(Path.Combine(trained.Model, "metrics.jsonl")).Select(l => JsonNode.Parse(l)!.AsObject())];
        Assert.True((bool)epochs.MaxBy(e => (double)e["valid_ndcg"]!)!["best"]!);
        // The same columns in a model of rows.
        string rows = Folder.File("rows");
        Run("train", trained.Train, "--test", trained.Test, "--out", rows, "--epochs", "6", "--model", "wide-deep", "--hidden-units", "16", "--embedding-dim", "4", "--batch-size", "64", "--device", "cpu", "--lr", "0.005", "--group-id", "request", "--fit-cache", "off").Succeeded();
        double pointwise = Evaluate(rows).GetProperty("ranked").GetProperty("ndcg").GetDouble();
        Assert.InRange(pointwise, 0.5, told.GetProperty("ndcg").GetDouble() - 0.03);
    }

    [Fact]
    public void Evaluate_tells_metrics_of_lists_as_shown_and_by_score()
    {
        JsonElement lists = Evaluate(trained.Model);
        (JsonElement shown, JsonElement ranked) = (lists.GetProperty("shown"), lists.GetProperty("ranked"));
        foreach (string metric in new[] { "ndcg", "map", "precision" })
            Assert.True(shown.GetProperty(metric).GetDouble() + 0.1 < ranked.GetProperty(metric).GetDouble(), metric);
        Assert.Equal((3, 120), (shown.GetProperty("k").GetInt32(), shown.GetProperty("lists_used").GetInt32()));
        Assert.Equal(JsonDocument.Parse(trained.Outcome.Out).RootElement.GetProperty("ndcg").GetDouble(), ranked.GetProperty("ndcg").GetDouble(), 1e-12);
        Assert.Contains("as shown", Run("evaluate", trained.Test, "--model", trained.Model, "--device", "cpu").Succeeded().Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("64")]
    [InlineData("9")]
    public void Predict_writes_probabilities_of_a_list_and_its_new_order(string batch)
    {
        string scores = Folder.File("scores.parquet"), shard = trained.Lists.Write(Folder.File("unlabelled.parquet"), groupRows: 31, labelled: false);
        Run("predict", shard, "--model", trained.Model, "--out", scores, "--keep", "request", "--batch-size", batch, "--device", "cpu").Succeeded();
        (float[] score, long[] rank) = Read(scores);
        int first = 0;
        foreach (int length in trained.Lists.Lengths)
        {
            Assert.Equal(1, score[first..(first + length)].Sum(), 1e-5);
            Assert.Equal(Enumerable.Range(1, length).Select(i => (long)i), rank[first..(first + length)].Order());
            Assert.Equal(Enumerable.Range(first, length).OrderByDescending(i => score[i]), Enumerable.Range(first, length).OrderBy(i => rank[i]));
            first += length;
        }
    }

    [Fact]
    public void A_call_scores_one_list_as_predict_and_the_exported_graph_do()
    {
        string scores = Folder.File("scores.parquet"), onnx = Folder.File("prm.onnx");
        Run("predict", trained.Test, "--model", trained.Model, "--out", scores, "--device", "cpu").Succeeded();
        Run("export", "--model", trained.Model, "--format", "onnx", "--out", onnx).Succeeded();
        using CtrModel served = CtrModel.Load(trained.Model, new ScoringOptions { Concurrency = 1, BatchRows = 8 });
        float[] expected = Read(scores).Score;
        // The canary rows of the checkpoint are one list, whose probabilities sum to 1.
        Assert.Equal(1, GpuCtr.Training.Checkpoints.CanaryRow.Read(GpuCtr.Training.Checkpoints.RunFolder.Resolve(trained.Model)).Sum(c => (double)c.Score), 1e-5);
        int first = 0;
        foreach (int length in trained.Lists.Lengths.Take(20))
        {
            FeatureRow[] rows = [.. Enumerable.Range(first, length).Select(i => trained.Lists.Fill(served.NewRow(), i))];
            float[] exported = new OnnxFeed(rows[0].Encoder.Spec, rows, padded: false, new Random(1)).Scores(onnx);
            foreach ((int i, float p) in served.Score(rows).Index())
            {
                Assert.Equal(expected[first + i], p, 1e-6);
                Assert.Equal(p, exported[i], 1e-5);
            }
            first += length;
        }
        Assert.Contains("a list has at most 8", Assert.Throws<ArgumentException>(() => served.Score([.. Enumerable.Range(0, 9).Select(i => trained.Lists.Fill(served.NewRow(), i))])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_run_that_was_interrupted_in_an_epoch_ends_with_the_same_bits(bool streamed)
    {
        string[] same = [.. model, "--checkpoint-every", "7", .. streamed ? ["--memory", LeastMemory([.. new[] { "train", trained.Train, "--out", Folder.File("least") }, .. model])] : Array.Empty<string>()];
        string hash = Hash(Run(["train", trained.Train, "--out", Folder.File("whole"), "--epochs", "2", .. same]).Succeeded());
        Run(["train", trained.Train, "--out", Out, "--epochs", "1", .. same]).Succeeded();
        // The last checkpoint inside the first epoch takes the place of that at its end.
        string inside = Directory.GetDirectories(Path.Combine(Out, "checkpoints")).Order(StringComparer.Ordinal).First();
        File.WriteAllText(Path.Combine(Out, "last"), Path.GetFileName(inside));
        Assert.Equal(hash, Hash(Run("train", "--resume", "--out", Out, "--epochs", "2").Succeeded()));
    }

    [Fact]
    public void What_lists_need_is_said_before_anything_is_trained()
    {
        string[] without = [.. model.Where(a => a is not ("--group-id" or "request"))];
        Run(["train", trained.Train, "--out", Out, .. without]).FailedWith(ExitCode.Usage, "--model prm ranks lists", "--group-id");
        Run(["train", trained.Train, "--out", Out, .. Instead("64", "7")]).FailedWith(ExitCode.Usage, "row group 0, row ", "has 8 rows with the same value of 'request'", "--batch-size 8");
        Run(["train", trained.Train, trained.Train.Replace("train", "test", StringComparison.Ordinal), "--out", Out, .. Instead("request", "kind")]).FailedWith(ExitCode.Data, "this value of 'kind' was there before");
        Run("evaluate", trained.Test, "--model", trained.Model, "--batch-size", "5", "--device", "cpu").FailedWith(ExitCode.Usage, "--batch-size 8");
    }

    /// <summary>Row groups of 100 rows cut through lists: some rows belong to a list that began in the row group before.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Explain_tells_what_columns_of_a_row_and_the_other_rows_of_its_list_do_to_it(bool wide)
    {
        string run = trained.Model;
        if (wide)
            Run(["train", trained.Train, "--out", run = Out, .. model, "--epochs", "1", "--column-dim", "kind=12"]).Succeeded();
        using CtrModel served = CtrModel.Load(run);
        int[] ends = [.. trained.Lists.Lengths.Select((_, list) => trained.Lists.Lengths.Take(list + 1).Sum())];
        Assert.DoesNotContain(100, ends);
        foreach (int row in new[] { 0, 99, 100, ends[^1] - 1 })
        {
            Explanation e = JsonText.Parse<Explanation>(Run("explain", trained.Test, "--model", run, "--row", $"{row}", "--json").Succeeded().Out);
            int end = ends.First(x => x > row), first = end - trained.Lists.Lengths[Array.IndexOf(ends, end)], at = row - first;
            FeatureRow[] list = [.. Enumerable.Range(first, end - first).Select(r => trained.Lists.Fill(served.NewRow(), r))];
            float[] scores = served.Score(list);
            double own = Logit(scores[at]);
            Assert.Equal((at + 1, 1 + scores.Count(s => s > scores[at]), trained.Lists.Labels[row]), (e.List!.Place, e.List.Rank, e.Label));
            Assert.Equal(own, e.Logit, 1e-3);
            Assert.Equal(["kind", "price"], e.Fields.Select(f => f.Field));
            int[] others = [.. Enumerable.Range(0, list.Length).Where(i => i != at)];
            Assert.Equal(others.Select(i => i + 1), e.List.Rows.Select(r => r.Place));
            foreach ((int i, OtherRow other) in others.Zip(e.List.Rows))
            {
                float[] without = served.Score([.. list.Where((_, r) => r != i)]);
                Assert.Equal(scores[i], other.Score, 1e-5);
                Assert.Equal(own - Logit(without[i < at ? at - 1 : at]), other.Effect, 2e-3);
            }

            // A row without a price is read as one with the mean, whose number is 0.
            float[] cheap = served.Score([.. list.Select((r, i) => i == at ? trained.Lists.FillKind(served.NewRow(), row) : r)]);
            Assert.Equal(own - Logit(cheap[at]), e.Fields[1].Effect, 2e-3);
        }
        string text = Run("explain", trained.Test, "--model", run, "--row", "1").Succeeded().Out;
        Assert.Contains($"place 2 of {trained.Lists.Lengths[0]} in its list, rank ", text, StringComparison.Ordinal);

        static double Logit(double p) => Math.Log(p / (1 - p));
    }

    [Fact]
    public void Report_and_compare_tell_metrics_of_lists()
    {
        string page = File.ReadAllText(Path.Combine(trained.Model, "report.html"));
        JsonElement lists = Evaluate(trained.Model);
        foreach ((string metric, string name) in new[] { ("ndcg", "NDCG@3"), ("map", "MAP@3"), ("precision", "Precision@3") })
        {
            string Of(string order) => lists.GetProperty(order).GetProperty(metric).GetDouble().ToString("F4", System.Globalization.CultureInfo.InvariantCulture);
            Assert.Contains($"<span>{Of("ranked")} <small>({Of("shown")})</small></span>{name} (as shown)", page, StringComparison.Ordinal);
        }

        Assert.Contains("Lists by epoch", page, StringComparison.Ordinal);
        Run(["train", trained.Train, "--test", trained.Test, "--out", Out, "--epochs", "1", .. model]).Succeeded();
        string table = Run("compare", trained.Model, Out).Succeeded().Out;
        Assert.Contains("valid NDCG", table, StringComparison.Ordinal);
        JsonElement[] runs = [.. JsonDocument.Parse(Run("compare", trained.Model, Out, "--json").Succeeded().Out).RootElement.EnumerateArray()];
        Assert.Equal(JsonDocument.Parse(trained.Outcome.Out).RootElement.GetProperty("ndcg").GetDouble(), runs[0].GetProperty("test").GetProperty("ndcg").GetDouble());
        Assert.True(runs[1].GetProperty("valid").GetProperty("ndcg").GetDouble() < runs[0].GetProperty("valid").GetProperty("ndcg").GetDouble());
    }

    private static string[] Instead(string value, string other) => [.. model.Select(a => a == value ? other : a)];

    private JsonElement Evaluate(string run) =>
        JsonDocument.Parse(Run("evaluate", trained.Test, "--model", run, "--top", "3", "--device", "cpu", "--json").Succeeded().Out).RootElement.GetProperty("lists");

    private static string Hash(CommandOutcome o) => JsonDocument.Parse(o.Out).RootElement.GetProperty("weights_hash").GetString()!;

    private static (float[] Score, long[] Rank) Read(string path) =>
        ([.. StoredNumbers.Of(path, "score").Select(x => (float)x)], [.. StoredNumbers.Of(path, "rank").Select(x => (long)x)]);
}
