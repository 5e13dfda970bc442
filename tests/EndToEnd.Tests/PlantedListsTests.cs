using System.Text.Json;
using GpuCtr.Datagen;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.EndToEnd.Tests;

/// <summary>Lists whose items compete: a model of lists learns this, a pointwise model cannot.</summary>
public sealed class PlantedListsTests : OwnFolder
{
    [Fact]
    public async Task Prm_comes_near_the_best_possible_order_and_a_model_of_rows_near_that_of_items_by_themselves()
    {
        SynthRequest request = new() { Shape = new ListsShape(), Rows = 40_000, Shards = 2, TestRows = 10_000, Out = Folder.File("lists") };
        (_, _, TruthFigures? test) = await SynthRun.ExecuteAsync(request, CancellationToken.None);
        double prm = Ndcg("prm", "--attention-width", "32", "--epochs", "6"), rows = Ndcg("wide-deep", "--hidden-units", "32", "--epochs", "2");
        ListTally lists = test!.Value.Lists;
        Assert.InRange(prm, lists.BestNdcg - 0.015, lists.BestNdcg + 0.005);
        Assert.InRange(rows, lists.BaselineNdcg - 0.02, lists.BaselineNdcg + 0.005);
        Assert.True(prm > rows + 0.05, $"{prm} of lists, {rows} of rows");
    }

    private double Ndcg(string model, params string[] options)
    {
        string run = Folder.File(model), test = Folder.File("lists/test.parquet");
        Run([
            "train", Folder.File("lists/shard-*.parquet"), "--model", model, "--group-id", "request", "--batch-size", "256", "--lr", "0.003", "--patience", "0", "--out", run, "--device", "cpu", "--fit-cache", "off", .. options]).Succeeded();
        return JsonDocument.Parse(Run("evaluate", test, "--model", run, "--top", "5", "--device", "cpu", "--json").Succeeded().Out).RootElement.GetProperty("lists").GetProperty("ranked").GetProperty("ndcg").GetDouble();
    }
}
