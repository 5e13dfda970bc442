using System.Text.Json;
using GpuCtr.Engine;
using GpuCtr.Models;
using GpuCtr.Training.Metrics;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests;

/// <summary>What a run of every model of rows can do. Lists and next items have their own tests: <see cref="ListRunTests"/>, <see cref="NextItems.NextItemRunTests"/>.</summary>
public sealed class EveryModelTests(EveryModelTests.Shards shards) : IClassFixture<EveryModelTests.Shards>
{
    private static readonly string[] small = ["--hidden-units", "8,6", "--embedding-dim", "4", "--embedding-init-std", "0.2", "--batch-size", "64", "--max-history", "6", "--lr", "0.01", "--patience", "0", "--device", "cpu", "--fit-cache", "off", "--json"];

    public sealed class Shards : OwnFolder
    {
        public Shards()
        {
            Train = new ServedRows(400, seed: 1).Write(Folder.File("train.parquet"));
            Test = Rows.Write(Folder.File("test.parquet"));
        }

        public ServedRows Rows { get; } = new(200, seed: 2);

        public string Train { get; }

        public string Test { get; }
    }

    public static TheoryData<string, string> Models
    {
        get
        {
            TheoryData<string, string> models = new() { { "dien", "dien-official" }, { "din", "din-official" } };
            foreach (string model in ModelCatalog.ClickModels.Where(m => !ModelCatalog.RanksLists(m)))
                models.Add(model, "");
            return models;
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void An_interrupted_run_ends_with_the_same_bits_and_evaluate_predict_and_importance_agree_on_it(string model, string variant)
    {
        string name = $"{model}-{variant}", whole = shards.Folder.File(name), parts = shards.Folder.File($"{name}-parts"), scores = shards.Folder.File($"{name}.parquet");
        string[] same = ["train", shards.Train, "--test", shards.Test, "--model", model, .. variant == "" ? Array.Empty<string>() : ["--variant", variant], .. small, "--checkpoint-every", "2"];
        JsonElement trained = Told([.. same, "--out", whole, "--epochs", "2", "--threads", "1"]);
        Run([.. same, "--out", parts, "--epochs", "1", "--threads", "2"]).Succeeded();
        // The last checkpoint inside the first epoch takes the place of that at its end.
        string inside = Directory.GetDirectories(Path.Combine(parts, "checkpoints")).Order(StringComparer.Ordinal).First();
        File.WriteAllText(Path.Combine(parts, "last"), Path.GetFileName(inside));
        JsonElement resumed = Told(["train", "--resume", "--out", parts, "--epochs", "2", "--threads", "3", "--json"]);
        foreach (string value in new[] { "weights_hash", "auc", "logloss" })
            Assert.Equal(trained.GetProperty(value).GetRawText(), resumed.GetProperty(value).GetRawText());

        double auc = trained.GetProperty("auc").GetDouble();
        Assert.Equal(auc, Told(["evaluate", shards.Test, "--model", parts, "--device", "cpu", "--json"]).GetProperty("auc").GetDouble());
        Run("predict", shards.Test, "--model", parts, "--device", "cpu", "--out", scores).Succeeded();
        Assert.Equal(auc, Auc.Of([.. ServedModels.Scores(scores).Select(s => s!.Value)], [.. shards.Rows.Labels.Select(l => (float)l)])!.Value, 1e-9);
        JsonElement importance = Told(["importance", shards.Test, "--model", parts, "--device", "cpu", "--repeats", "1", "--json"]);
        Assert.Equal(auc, importance.GetProperty("metrics").GetProperty("auc").GetDouble(), 1e-12);
        Assert.Contains(importance.GetProperty("columns").EnumerateArray(), c => c.GetProperty("column").GetString() is "user" or "item");
        AssertRanks(parts);
    }

    /// <summary>Candidates that are laid over a context have the scores of whole rows.</summary>
    private void AssertRanks(string run)
    {
        using CtrModel served = CtrModel.Load(run, new ScoringOptions { Concurrency = 1, BatchRows = 8, IgnoreUnknown = true });
        FeatureRow context = shards.Rows.Fill(served.NewRow(), 150), whole = served.NewRow();
        FeatureRow[] candidates = [.. Enumerable.Range(0, 10).Select(i => shards.Rows.FillItem(served.NewRow(), i))];
        float[] scores = new float[candidates.Length];
        served.Rank(context, candidates, scores);
        Assert.All(scores.Index(), s => Assert.Equal(served.Score(shards.Rows.FillItem(shards.Rows.Fill(whole, 150), s.Index)), s.Item, 1e-6f));
    }

    private static JsonElement Told(string[] args) => JsonDocument.Parse(Run(args).Succeeded().Out).RootElement;
}
