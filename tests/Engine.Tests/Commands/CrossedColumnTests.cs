using System.Text.Json;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Commands;

/// <summary>POLY2 is logistic regression with a crossed column for each pair of columns.</summary>
public sealed class CrossedColumnTests : OwnFolder
{
    private const int Rows = 2000;

    private static readonly (string Name, int Values)[] columns = [("a", 6), ("b", 5), ("c", 4)];

    /// <summary>The sums of a row have another order, so equal to rounding: Adagrad, because Adam's first steps make steps of noise.</summary>
    [Theory]
    [InlineData("lazy", "adagrad", "0.1")]
    [InlineData("dense", "sgd", "10")]
    [InlineData("lazy", "sgd", "0.1", "--first-order-ftrl", "0.5,0.01,0.001")]
    public void Poly2_equals_lr_on_shards_with_the_crossed_columns_written_out(string update, string optimizer, string rate, params string[] flags)
    {
        JsonElement pairs = Train("poly2", crossed: false), crossed = Train("lr", crossed: true);
        Assert.Equal(crossed.GetProperty("logloss").GetDouble(), pairs.GetProperty("logloss").GetDouble(), 2e-6);
        Assert.Equal(crossed.GetProperty("auc").GetDouble(), pairs.GetProperty("auc").GetDouble(), 1e-5);
        // The labels depend on pairs: without them nothing is learned.
        Assert.True(Train("lr", crossed: false).GetProperty("auc").GetDouble() < pairs.GetProperty("auc").GetDouble() - 0.1);

        JsonElement Train(string model, bool crossed) => JsonDocument.Parse(Run([
            "train", Write(crossed), "--valid", Write(crossed), "--model", model, "--poly2-buckets", "131072", "--embedding-init-std", "0", "--min-count", "1", "--optimizer", optimizer,
            "--embedding-update", update, "--lr", rate, "--batch-size", "100", "--epochs", "2", "--patience", "0", "--device", "cpu", "--json", .. flags]).Succeeded().Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]).RootElement;
    }

    private string Write(bool crossed)
    {
        Random random = new(1);
        int[][] values = [.. columns.Select(c => Enumerable.Range(0, Rows).Select(_ => random.Next(c.Values)).ToArray())];
        int[] labels = [.. Enumerable.Range(0, Rows).Select(r => random.NextDouble() < ((values[0][r] + values[1][r]) % 2 == 0 ? 0.6 : 0.2) + ((values[1][r] + values[2][r]) % 2 == 0 ? 0.2 : 0) ? 1 : 0)];
        TestShard shard = new TestShard().Column("label", labels);
        for (int i = 0; i < columns.Length; i++)
            shard.Text(columns[i].Name, [.. values[i].Select(v => $"v{v}")]);
        for (int i = 0; crossed && i < columns.Length; i++)
            for (int j = i + 1; j < columns.Length; j++)
                shard.Text($"{columns[i].Name}_{columns[j].Name}", [.. values[i].Zip(values[j], (a, b) => $"v{a} v{b}")]);
        return shard.Write(Folder.File(crossed ? "crossed.parquet" : "plain.parquet"));
    }
}
