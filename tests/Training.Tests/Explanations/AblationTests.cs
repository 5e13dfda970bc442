using System.Text.Json;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Engine;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models.Features;
using GpuCtr.Training.Checkpoints;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests.Explanations;

/// <summary>Runs that are trained without a column.</summary>
public sealed class AblationTests : OwnFolder
{
    private static readonly string[] small = ["--embedding-dim", "4", "--hidden-units", "8", "--batch-size", "64", "--device", "cpu", "--lr", "0.02", "--epochs", "2", "--fit-cache", "off", "--numeric-transform", "none"];

    private static readonly Random random = new(1);

    private static readonly double[] prices = [.. Enumerable.Range(0, 900).Select(_ => random.NextDouble())];

    private string Shard(string name, double[] price)
    {
        long[] user = [.. prices.Select((_, i) => (long)(i * 31 % 8))], noise = [.. prices.Select((_, i) => (long)(i * 17 % 5))];
        int[] label = [.. prices.Select((p, i) => (user[i] % 2 * 2 - 1) + 3 * (p - 0.5) + (i * 7919 % 100 / 50.0 - 1) > 0 ? 1 : 0)];
        return new TestShard().Column("label", label).Column("user", user).Column("noise", noise).Column("price", price).Write(Folder.File(name));
    }

    [Fact]
    public void A_run_without_a_column_is_a_run_on_rows_that_have_no_value_in_it()
    {
        string shard = Shard("rows.parquet", prices), blank = Shard("blank.parquet", new double[prices.Length]);
        string[] flags = ["--categorical", "user,noise", "--numeric", "price", .. small];
        Run(["train", shard, "--out", Folder.File("run"), .. flags]).Succeeded();
        JsonElement told = Ablate("--repeats", "2", "--budget", "10m");
        double[] Best(string rows) => [.. Enumerable.Range(1, 2).Select(seed => JsonDocument.Parse(Run(["train", rows, "--out", Folder.File($"{seed}"), "--overwrite", "--seed", $"{seed}", "--json", .. flags]).Succeeded().Out).RootElement.GetProperty("valid_auc").GetDouble())];
        double[] whole = Best(shard), without = Best(blank);
        Assert.Equal(whole.Average(), told.GetProperty("value").GetDouble());
        JsonElement[] columns = [.. told.GetProperty("columns").EnumerateArray()];
        Assert.Equal(["user", "price", "noise"], columns.Select(c => c.GetProperty("column").GetString()));
        Assert.Equal(whole.Zip(without, (a, b) => a - b).Average(), columns[1].GetProperty("loses").GetProperty("mean").GetDouble());
        Assert.True(columns[1].GetProperty("loses").GetProperty("error").GetDouble() > 0);
        Assert.Equal((2, 8), (told.GetProperty("seeds").GetInt32(), told.GetProperty("trainings").GetInt32()));
    }

    [Fact]
    public void Where_there_is_no_time_a_column_has_no_value()
    {
        Run(["train", Shard("rows.parquet", prices), "--out", Folder.File("run"), .. small]).Succeeded();
        CommandOutcome outcome = Run("importance", "--model", Folder.File("run"), "--ablate", "--budget", "0.001s", "--device", "cpu").Succeeded();
        Assert.Contains("2 runs in", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("no time for 2 of 3 columns: take a larger --budget", outcome.Out, StringComparison.Ordinal);
        Run("importance", "--model", Folder.File("run"), "rows.parquet", "--budget", "1m").FailedWith(ExitCode.Usage, "--budget limits --ablate");
        Run(["train", Folder.File("rows.parquet"), "--valid-fraction", "0", "--out", Folder.File("unseen"), .. small]).Succeeded();
        Run("importance", "--model", Folder.File("unseen"), "--ablate").FailedWith(ExitCode.Usage, "this run had none");
    }

    [Fact]
    public void A_model_that_reads_negatives_trains_without_its_histories()
    {
        string shard = new ImportanceRows(300, seed: 1).Write(Folder.File("rows.parquet"));
        Run(["train", shard, "--model", "dien", "--exclude", "weight", "--out", Folder.File("run"), .. small]).Succeeded();
        JsonElement told = Ablate("--repeats", "1", "--together", "user,site,age,created,item,brand");
        Assert.Equal(["hist_item, hist_brand", "user + site + age + created + item + brand"], told.GetProperty("columns").EnumerateArray().Select(c => c.GetProperty("column").GetString()!).Order(StringComparer.Ordinal));

        FeatureEncoder encoder = Checkpoint.Open(RunFolder.Resolve(Folder.File("run"))).LoadEncoder();
        IReadOnlyList<ColumnGroup> groups = ColumnGroup.BySource(encoder.Spec, encoder.State);
        using Device device = Device.Open("cpu");
        using Dataset data = new(ShardSet.Resolve([shard]), encoder);
        using Batch whole = new(device, encoder.Spec, 150), left = new(device, encoder.Spec, 150);
        data.Read(RowPart.All, EpochOrder.Natural).Next(whole);
        foreach (ColumnGroup group in groups)
        {
            data.Read(RowPart.All with { Without = group }, EpochOrder.Natural).Next(left);
            for (int b = 0; b < left.Rows; b++)
            {
                for (int f = 0; f < encoder.Spec.F; f++)
                    Assert.Equal(group.Fields.Contains(f) ? 0 : whole.IdAt(b, f), left.IdAt(b, f));
                for (int n = 0; n < encoder.Spec.N; n++)
                    Assert.Equal(group.Numbers.Contains(n) ? 0 : whole.Numeric[b * encoder.Spec.N + n], left.Numeric[b * encoder.Spec.N + n]);
                for (int s = 0; s < encoder.Spec.Sequences.Count; s++)
                    Assert.Equal(group.Lists.Contains(s) ? [] : Entries(whole.Sequences[s], b), Entries(left.Sequences[s], b));
            }
        }
    }

    private static int[] Entries(BatchSequence list, int b) => list.TableRows[list.Offsets[b]..list.Offsets[b + 1]].ToArray();

    private JsonElement Ablate(params string[] flags) =>
        JsonDocument.Parse(Run(["importance", "--model", Folder.File("run"), "--ablate", "--device", "cpu", "--json", .. flags]).Succeeded().Out).RootElement;
}
