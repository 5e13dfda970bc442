using System.Globalization;
using System.Text.Json;
using GpuCtr.Datagen;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.EndToEnd.Tests;

/// <summary>An interest that drifts: the order of a history has information that a sum over it has not.</summary>
public sealed class DriftTests : OwnFolder
{
    [Fact]
    public async Task Dien_comes_nearer_to_the_best_possible_than_din()
    {
        var request = new SynthRequest
        {
            Shape = new AmazonShape { Items = 30, Categories = 6, MaxHistory = 20, Drift = true },
            Rows = 10_000,
            Shards = 1,
            TestRows = 6_000,
            Seed = 3,
            Out = Folder.File("data"),
        };
        var (_, _, test) = await SynthRun.ExecuteAsync(request, CancellationToken.None);
        double best = test!.Value.BestAuc, din = Auc("din"), dien = Auc("dien", "--auxiliary-loss", "0");
        string figures = string.Create(CultureInfo.InvariantCulture, $"best possible {best:F4}, history without its order {test.Value.BaselineAuc:F4}, din {din:F4}, dien {dien:F4}");
        Assert.True(best - dien < 0.5 * (best - din) && dien > din + 0.05, figures);
    }

    private double Auc(string model, params string[] options)
    {
        Run([
            "train", Folder.File("data/shard-0.parquet"), "--out", Folder.File(model), "--model", model, "--exclude", "user", "--embedding-dim", "8", "--hidden-units", "32,16",
            "--batch-size", "128", "--lr", "0.01", "--epochs", "6", "--patience", "0", "--device", "cpu", "--fit-cache", "off", .. options]).Succeeded();
        CommandOutcome o = Run("evaluate", Folder.File("data/test.parquet"), "--model", Folder.File(model), "--device", "cpu", "--json").Succeeded();
        return JsonDocument.Parse(o.Out).RootElement.GetProperty("auc").GetDouble();
    }
}
