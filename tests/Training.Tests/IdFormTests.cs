using System.Text.Json;
using GpuCtr.Training.Explanations;
using GpuCtr.Training.Metrics;

namespace GpuCtr.Training.Tests;

/// <summary>The form of an id does not matter for learning, only which rows share it.</summary>
public sealed class IdFormTests : OwnFolder
{
    private const int Users = 300, Items = 500, Rows = 30_000;
    private const long Prime = 15_485_863;

    [Fact]
    public void Ids_of_any_form_in_one_order_end_in_equal_weights()
    {
        (string hash, double auc) = Train("dense", (s, name, ids) => s.Column(name, ids));
        Assert.InRange(auc, 0.65, 0.95);
        // Neighbours above 2²⁴ are one number in float32, neighbours above 2⁵³ one in double.
        Assert.Equal(hash, Train("24", (s, name, ids) => s.Column(name, [.. ids.Select(i => (1L << 24) + i)])).Hash);
        Assert.Equal(hash, Train("60", (s, name, ids) => s.Column(name, [.. ids.Select(i => (1L << 60) + i)])).Hash);
        Assert.Equal(hash, Train("text", (s, name, ids) => s.Text(name, [.. ids.Select(i => $"{name} {i:D6}")])).Hash);
    }

    [Fact]
    public void Ids_whose_order_breaks_ties_differently_end_in_the_same_AUC()
    {
        (string hash, double auc) = Train("dense", (s, name, ids) => s.Column(name, ids));
        (string other, double scrambled) = Train("scrambled", (s, name, ids) => s.Column(name, [.. ids.Select(i => (i + 1) * 7_368_787L % Prime << 24)]));
        Assert.NotEqual(hash, other);
        Assert.Equal(auc, scrambled, 1e-3);
        Assert.Equal(auc, Train("text", (s, name, ids) => s.Text(name, [.. ids.Select(i => $"{(i + 1) * 7_368_787L % Prime:x}")])).Auc, 1e-3);
    }

    private (string Hash, double Auc) Train(string form, Func<TestShard, string, int[], TestShard> put)
    {
        string train = Write(1, form, put), test = Write(2, form, put);
        CommandOutcome outcome = CommandRunner.Run(["train", train, "--valid", test, "--test", test, "--epochs", "2", "--out", Folder.File($"run-{form}"), "--json", .. TrainedRun.SmallModel]).Succeeded();
        JsonElement metrics = JsonDocument.Parse(outcome.Out).RootElement;
        return (metrics.GetProperty("weights_hash").GetString()!, metrics.GetProperty("auc").GetDouble());
    }

    private string Write(int seed, string form, Func<TestShard, string, int[], TestShard> put)
    {
        var random = new Random(seed);
        int Draw(int count) => (int)(count * Math.Pow(random.NextDouble(), 2));
        int[] user = [.. Enumerable.Range(0, Rows).Select(_ => Draw(Users))], item = [.. Enumerable.Range(0, Rows).Select(_ => Draw(Items))];
        int[] label = [.. Enumerable.Range(0, Rows).Select(i => random.NextDouble() < 1 / (1 + Math.Exp(-2 * Math.Sin(user[i] * 12.9) - 2 * Math.Sin(item[i] * 7.7))) ? 1 : 0)];
        TestShard shard = put(put(new TestShard().Column("label", label), "user", user), "item", item);
        return shard.Write(Folder.File($"{form}-{seed}.parquet"), groupRows: 7000);
    }
}
