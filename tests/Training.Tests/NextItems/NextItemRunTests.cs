using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Engine;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests.NextItems;

/// <summary>Runs of models that predict items, on sequences in which an item follows another by a rule.</summary>
public sealed class NextItemRunTests(NextItemRuns runs) : IClassFixture<NextItemRuns>
{
    private static readonly string[] models = ["sasrec", "bert4rec"];

    public static TheoryData<string> Models => [.. models];

    /// <summary>One item of 22 is right. Without the rule NDCG@10 is .21, the mean of 1 / log₂(rank + 1) up to 10 over all ranks.</summary>
    [Theory]
    [MemberData(nameof(Models))]
    public void The_rule_is_learned_and_evaluate_says_what_the_test_said(string model)
    {
        CommandOutcome o = runs.Of(model);
        Assert.Contains("train loss  valid HR@10  valid NDCG@10  valid MRR", o.Error, StringComparison.Ordinal);
        Assert.Contains("1 sequence: hist_item (22)", o.Error, StringComparison.Ordinal);
        Assert.InRange(Number(o, "ndcg"), 0.95, 1);
        JsonObject[] epochs = [.. File.ReadAllLines(Path.Combine(runs.Folder.File(model), "metrics.jsonl")).Select(l => JsonNode.Parse(l)!.AsObject())];
        Assert.Equal(Number(o, "valid_ndcg"), epochs.Max(e => (double)e["valid_ndcg"]!));
        Assert.InRange((double)epochs[0]["valid_ndcg"]!, 0, 0.9);
        Assert.Contains("NDCG@10", File.ReadAllText(Path.Combine(runs.Folder.File(model), "report.html")), StringComparison.Ordinal);
        CommandOutcome again = Run("evaluate", runs.Train, "--model", runs.Folder.File(model), "--device", "cpu", "--json").Succeeded();
        foreach (string metric in new[] { "hr10", "ndcg", "mrr" })
            Assert.Equal(Number(o, metric), Number(again, metric));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_run_that_was_interrupted_in_an_epoch_ends_with_the_same_bits_on_other_threads(string model) => Interrupt(model, model);

    /// <summary>Batches are small, so that not all of the 22 items are candidates of each.</summary>
    [Fact]
    public void Candidates_in_place_of_all_items_teach_the_rule_and_are_the_same_in_a_run_that_was_interrupted()
    {
        string[] sampled = ["--sampled-softmax", "5", "--embedding-update", "lazy"];
        Interrupt("sasrec", "sampled", sampled);
        CommandOutcome o = Run(["train", runs.Train, "--model", "sasrec", "--out", runs.Folder.File("sampled"), "--epochs", "15", "--patience", "0", .. NextItemRuns.Small.Select(word => word == "32" ? "6" : word), .. sampled]).Succeeded();
        Assert.InRange(Number(o, "ndcg"), 0.95, 1);
    }

    private void Interrupt(string model, string name, params string[] options)
    {
        string[] same = ["--model", model, .. options, .. NextItemRuns.Small, "--epochs", "2", "--checkpoint-every", "2"];
        string whole = runs.Folder.File($"{name}-whole"), parts = runs.Folder.File($"{name}-parts");
        string hash = Text(Run(["train", runs.Train, "--out", whole, .. same, "--threads", "1"]).Succeeded(), "weights_hash");
        Run(["train", runs.Train, "--out", parts, .. same[..^4], "--epochs", "1", .. same[^2..], "--threads", "3"]).Succeeded();
        // The last checkpoint inside the first epoch takes the place of that at its end.
        string inside = Directory.GetDirectories(Path.Combine(parts, "checkpoints")).Order(StringComparer.Ordinal).First();
        File.WriteAllText(Path.Combine(parts, "last"), Path.GetFileName(inside));
        Assert.Equal(hash, Text(Run("train", "--resume", "--out", parts, "--epochs", "2", "--threads", "2", "--json").Succeeded(), "weights_hash"));
        Assert.NotEqual(hash, Text(Run(["train", runs.Train, "--out", runs.Folder.File($"{name}-seed"), .. same, "--seed", "2"]).Succeeded(), "weights_hash"));
    }

    /// <summary>Masks are those of another share; a model without masks does not read it.</summary>
    [Fact]
    public void Options_of_masks_change_bert4rec_alone()
    {
        string Hash(string model, params string[] options) => Text(
            Run(["train", runs.Train, "--out", runs.Folder.File("masks"), "--overwrite", "--model", model, .. NextItemRuns.Small, "--epochs", "1", .. options]).Succeeded(), "weights_hash");
        foreach (string[] options in new string[][] { ["--mask-share", "0.6"], ["--last-mask-share", "0.9"], ["--block-norm", "pre"], ["--item-head", "tied"], ["--feed-forward", "8"] })
        {
            Assert.NotEqual(Hash("bert4rec"), Hash("bert4rec", options));
            Assert.Equal(Hash("sasrec"), Hash("sasrec", options));
        }
    }

    /// <summary>A sequence that is too long or was never seen changes nothing but its own row.</summary>
    [Fact]
    public void Rows_that_train_whole_validate_on_other_rows()
    {
        CommandOutcome o = Run(["train", runs.Train, "--leave-one-out", "off", "--valid-fraction", "0.2", "--out", runs.Folder.File("whole"), "--model", "sasrec", .. NextItemRuns.Small, "--epochs", "1"]).Succeeded();
        Assert.Matches("rows     2[0-9][0-9] train, [3-9][0-9] valid, 0 test", o.Error);
        string other = PlantedSequences.File(runs.Folder, "other.parquet", [[5, 16, 3], [7, 22], [9], [], [99, 98, 97, 96]]);
        o = Run("evaluate", other, "--model", runs.Folder.File("sasrec"), "--device", "cpu", "--json").Succeeded();
        // 5, 16, 3 follow the rule and rank first; 96 was never seen, so it stands behind all 22; the others are too short.
        Assert.Equal(2, Number(o, "rows"));
        Assert.Equal(3, Number(o, "rows_left_out"));
        Assert.Equal((1 + 1.0 / 23) / 2, Number(o, "mrr"), 1e-9);
    }

    [Fact]
    public void New_items_get_rows_of_their_own_in_a_run_that_starts_warm()
    {
        long[][] days = [.. PlantedSequences.Of(60, seed: 9).Select(s => s.Select(i => i < 4 ? i + 500 : i).ToArray())];
        string next = PlantedSequences.File(runs.Folder, "next.parquet", days);
        CommandOutcome o = Run(["train", next, "--init-from", runs.Folder.File("sasrec"), "--out", runs.Folder.File("warm"), "--model", "sasrec", .. NextItemRuns.Small, "--epochs", "1"]).Succeeded();
        // Padding, null, 22 items, OOV and mask; four items are new.
        Assert.Contains("26 table rows kept, 4 new", o.Error, StringComparison.Ordinal);
        Run(["train", next, "--init-from", runs.Folder.File("bert4rec"), "--out", runs.Folder.File("warm-bert"), "--model", "bert4rec", .. NextItemRuns.Small, "--epochs", "1"])
            .FailedWith(ExitCode.Usage, "--init-from", "a bias for each item", "4 items");
        Run(["train", runs.Train, "--init-from", runs.Folder.File("bert4rec"), "--out", runs.Folder.File("warm-same"), "--model", "bert4rec", .. NextItemRuns.Small, "--epochs", "1"]).Succeeded();
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void The_next_items_of_a_row_come_with_their_ids_and_the_best_follows_the_rule(string model)
    {
        string next = PlantedSequences.File(runs.Folder, $"{model}-asked.parquet", [[5, 16, 3], [], [99, 7], [0, 1, 4, 13, 17, 6, 19, 12, 14]]), scores = runs.Folder.File($"{model}-best.parquet");
        string[] predict = ["predict", next, "--model", runs.Folder.File(model), "--device", "cpu", "--out", scores, "--overwrite", "--keep", "user"];
        Run([.. predict, "--top", "3"]).Succeeded();
        (long[][] items, float[][] values) = Read(scores);
        Assert.Equal([3, 0, 3, 3], items.Select(i => i.Length));
        Assert.Equal(PlantedSequences.Next(3), items[0][0]);
        Assert.Equal(PlantedSequences.Next(7), items[2][0]);
        Assert.Equal(PlantedSequences.Next(14), items[3][0]);
        Assert.All(values, v => Assert.Equal(v.OrderDescending(), v));
        Assert.DoesNotContain(items[0], i => i is 5 or 16 or 3);
        // All 22 items, those of the sequence only where that is asked for; of nine items the last six are read, or five behind which a mask stands.
        Run([.. predict, "--top", "30"]).Succeeded();
        Assert.Equal([19, 0, 21, model == "sasrec" ? 16 : 17], Read(scores).Items.Select(i => i.Distinct().Count()));
        Run([.. predict, "--top", "30", "--seen"]).Succeeded();
        Assert.Equal([22, 0, 22, 22], Read(scores).Items.Select(i => i.Length));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_model_in_process_answers_like_predict_on_any_number_of_threads(string model)
    {
        long[][] asked = [[5, 16, 3], [99, 7], [0, 1, 4, 13, 17, 6, 19, 12, 14]];
        string file = PlantedSequences.File(runs.Folder, $"{model}-served.parquet", asked), scores = runs.Folder.File($"{model}-served-best.parquet");
        Run("predict", file, "--model", runs.Folder.File(model), "--device", "cpu", "--out", scores, "--top", "4").Succeeded();
        (long[][] items, float[][] values) = Read(scores);
        using NextItemModel served = NextItemModel.Load(runs.Folder.File(model), top: 4, options: new() { Concurrency = 3 });
        Assert.Equal(model, served.Architecture);
        Parallel.For(0, 60, i =>
        {
            NextItem<long>[] next = served.Next(asked[i % 3]);
            Assert.Equal(items[i % 3], next.Select(n => n.Item));
            Assert.All(next.Zip(values[i % 3]), n => Assert.Equal(n.Second, n.First.Score, 1e-5f));
        });
        Assert.Empty(served.Next(Array.Empty<long>()));
        Assert.Throws<ArgumentException>(() => served.Next(new string?[] { "a" }));
        served.Dispose();
        Assert.Throws<ObjectDisposedException>(() => served.Next(new long[] { 5 }));
    }

    /// <summary>Of the model, the rule is known: 5, 16, 3 are followed by 10. Behind it stands what is not lower, and that can be listed.</summary>
    [Fact]
    public void Right_items_are_ranked_among_given_candidates_from_either_file_or_drawn_ones()
    {
        string run = runs.Folder.File("sasrec"), rows = runs.Folder.File("candidates.parquet"), others = runs.Folder.File("others.parquet");
        // The second row breaks the rule: 2 does not follow 3, and 10, which does, is a candidate. What is no item, or the right item, is no candidate.
        long?[][] sequences = [[5, 16, 3, 10], [5, 16, 3, 2], [9], [5, 16, 3, 777]], candidates = [[2, 4, 10, 999], [10], [1], [1, 2, 4]];
        new TestShard().Column("user", 7L, 8L, 9L, 10L).Lists("hist_item", sequences).Lists("others", candidates).Write(rows, groupRows: 3);
        new TestShard().Column("user", 10L, 9L, 8L, 7L, 6L).Lists("negatives", [.. candidates.Reverse(), []]).Write(others, groupRows: 2);
        double Evaluated(params string[] options) => Number(Run(["evaluate", rows, "--model", run, "--device", "cpu", "--json", .. options]).Succeeded(), "mrr");
        // Ranks 1 of 3, 2 of 2, and 4 of 4 for an item that cannot be named.
        Assert.Equal((1 + 1.0 / 2 + 1.0 / 4) / 3, Evaluated("--candidates", "others"), 1e-12);
        Assert.Equal((1 + 1.0 / 2 + 1.0 / 4) / 3, Evaluated("--candidates", "negatives", "--candidates-from", others, "--by", "user"), 1e-12);
        // Fewer are drawn than ranked among all; all of them are drawn if there are not so many.
        // An item that cannot be named stands behind the 19 that were drawn, or behind all 22.
        Assert.Equal(Evaluated() + (1.0 / 20 - 1.0 / 23) / 3, Evaluated("--sampled", "1000"), 1e-12);
        Assert.NotEqual(Evaluated("--sampled", "3"), Evaluated());
        Assert.Equal(Evaluated("--sampled", "3", "--seed", "5"), Evaluated("--sampled", "3", "--seed", "5", "--batch-size", "1"));
        Run("evaluate", rows, "--model", run, "--candidates", "user").FailedWith(ExitCode.Usage, "--candidates user:", "no list of integers", "hist_item, others");
        Run("evaluate", rows, "--model", run, "--candidates", "others", "--sampled", "3").FailedWith(ExitCode.Usage, "choose one");
        Run("evaluate", rows, "--model", run, "--candidates", "others", "--by", "user").FailedWith(ExitCode.Usage, "belong together");
        Run("evaluate", others, "--model", run).FailedWith(ErrorKind.Data, "hist_item");
        new TestShard().Column("user", 7L, 8L, 8L).Lists<long>("negatives", [1], [2], [3]).Write(others);
        string[] joined = ["evaluate", rows, "--model", run, "--candidates", "negatives", "--candidates-from", others, "--by", "user"];
        Run(joined).FailedWith(ErrorKind.Data, "others.parquet: row group 0, row 2, column 'user': 8 occurs twice");
        new TestShard().Column("user", 7L, 8L).Lists<long>("negatives", [1], [2]).Write(others);
        Run(joined).FailedWith(ErrorKind.Data, "candidates.parquet: row group 0, row 2, column 'user': 9 has no candidates in", "others.parquet");
    }

    private static (long[][] Items, float[][] Scores) Read(string path)
    {
        Data.Shards.ShardSet shards = Data.Shards.ShardSet.Resolve([path]);
        using Data.Shards.ShardReader reader = shards.Shards[0].Rent();
        Data.Shards.ColumnBuffer column = new();
        reader.Read(0, "items", column);
        Range[] rows = [.. Enumerable.Range(0, column.Rows).Select(r => column.Offsets[r]..column.Offsets[r + 1])];
        long[][] items = [.. rows.Select(r => column.Integers[r])];
        reader.Read(0, "scores", column);
        return (items, [.. rows.Select(r => column.Reals[r].Select(x => (float)x).ToArray())]);
    }

    [Theory]
    [InlineData("--label has no meaning for sasrec, which predicts items", "--label", "user")]
    [InlineData("--group-id has no meaning for sasrec", "--group-id", "user")]
    [InlineData("--hash-buckets has no meaning for sasrec", "--hash-buckets", "hist_item=9")]
    [InlineData("--monitor auc is no metric of sasrec", "--monitor", "auc")]
    [InlineData("use --embedding-update dense", "--embedding-update", "lazy")]
    [InlineData("--mba-lambda is for rows of a batch", "--mba-lambda", "0.1")]
    [InlineData("--history user: type int64 is not a list", "--history", "user")]
    public void An_option_without_a_meaning_is_refused(string message, params string[] options) =>
        Run(["train", runs.Train, "--out", runs.Folder.File("refused"), "--model", "sasrec", .. NextItemRuns.Small, .. options]).FailedWith(ExitCode.Usage, message);

    [Fact]
    public void Compare_tells_ranks_of_validation_and_test()
    {
        string[] both = [.. models.Select(runs.Folder.File)];
        Assert.Contains("test HR@10", Run(["compare", .. both]).Succeeded().Out, StringComparison.Ordinal);
        foreach ((JsonElement line, string model) in JsonDocument.Parse(Run(["compare", .. both, "--json"]).Succeeded().Out).RootElement.EnumerateArray().Zip(models))
        {
            foreach (string metric in new[] { "hr10", "ndcg", "mrr" })
                Assert.Equal(Number(runs.Of(model), metric), line.GetProperty("test").GetProperty(metric).GetDouble());
            Assert.Equal(Number(runs.Of(model), "valid_ndcg"), line.GetProperty("valid").GetProperty("ndcg").GetDouble());
        }
    }

    [Fact]
    public void Verbs_and_models_of_clicks_say_that_they_need_clicks()
    {
        string run = runs.Folder.File("sasrec");
        Run("explain", runs.Train, "--model", run).FailedWith(ExitCode.Usage, "a sasrec, which predicts items", "explain");
        Run("importance", runs.Train, "--model", run).FailedWith(ExitCode.Usage, "sasrec predicts items from the sequence alone");
        Assert.Contains("CtrModel takes models that predict clicks", Assert.Throws<GpuCtrException>(() => CtrModel.Load(run)).Message, StringComparison.Ordinal);
        Run("export", "--model", run, "--format", "safetensors", "--out", runs.Folder.File("m.safetensors")).Succeeded();
        string clicks = new TestShard().Column("label", 0, 1, 0, 1).Column("item", 1L, 2L, 1L, 2L).Write(runs.Folder.File("clicks.parquet"));
        Run("train", clicks, "--model", "fm", "--epochs", "1", "--out", runs.Folder.File("clicks")).Succeeded();
        Assert.Contains("NextItemModel takes models that predict items", Assert.Throws<GpuCtrException>(() => NextItemModel.Load(runs.Folder.File("clicks"))).Message, StringComparison.Ordinal);
        Run("predict", clicks, "--model", runs.Folder.File("clicks"), "--top", "3", "--out", runs.Folder.File("s.parquet")).FailedWith(ExitCode.Usage, "--top is for models that predict items, and fm predicts clicks");
        Run("train", clicks, "--model", "fm", "--leave-one-out", "off", "--out", runs.Folder.File("fm")).FailedWith(ExitCode.Usage, "--leave-one-out has no meaning for fm, which predicts clicks");
        Run("train", clicks, "--model", "fm", "--monitor", "ndcg", "--out", runs.Folder.File("fm")).FailedWith(ExitCode.Usage, "--monitor ndcg needs --group-id");
        Run("train", clicks, "--model", "sasrec", "--out", runs.Folder.File("fm")).FailedWith(ExitCode.Usage, "no column is a list of items", "label, item");
    }

    private static double Number(CommandOutcome o, string name) => JsonDocument.Parse(o.Out).RootElement.GetProperty(name).GetDouble();

    private static string Text(CommandOutcome o, string name) => JsonDocument.Parse(o.Out).RootElement.GetProperty(name).GetString()!;
}
