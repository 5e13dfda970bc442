using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Engine;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests;

/// <summary>Training, validation and test sets with only one label, or without rows.</summary>
public sealed class OneSidedLabelTests : OwnFolder
{
    private static readonly string[] model = ["--hidden-units", "8", "--embedding-dim", "2", "--batch-size", "64", "--device", "cpu", "--fit-cache", "off"];

    private string Out => Folder.File("run");

    private string Shard(string name, int rows, Func<int, int> label) => new TestShard()
        .Column("label", [.. Enumerable.Range(0, rows).Select(label)])
        .Column("user", [.. Enumerable.Range(0, rows).Select(i => (long)i % 50)])
        .Column("item", [.. Enumerable.Range(0, rows).Select(i => (long)i % 7)])
        .Write(Folder.File(name), groupRows: 100);

    private string Both => Shard("both.parquet", 600, i => i % 3 == 0 ? 1 : 0);

    private CommandOutcome Train(params string[] args) => Run(["train", .. args, "--out", Out, .. model]);

    private JsonObject[] Epochs => [.. File.ReadAllLines(Path.Combine(Out, "metrics.jsonl")).Select(l => JsonNode.Parse(l)!.AsObject())];

    /// <summary>
    /// Without both labels logloss gets better for ever, or worse from the first epoch on: on labels that are the opposite of the training rows' it does.
    /// </summary>
    [Fact]
    public void Logloss_takes_the_place_of_an_undefined_AUC_and_patience_acts_on_it()
    {
        string train = Shard("mostly.parquet", 600, i => i % 20 == 0 ? 1 : 0), valid = Shard("ones.parquet", 200, _ => 1);
        CommandOutcome o = Train(train, "--valid", valid, "--epochs", "20", "--patience", "2", "--lr", "0.01").Succeeded();
        Assert.Contains("warning: valid: all 200 rows have label 1 (train: 30 of 600 have label 1): AUC is not defined, so logloss decides which epoch is best and when to stop; name shards with both labels by --valid", o.Error);
        Assert.True(o.Error.IndexOf("warning: valid:", StringComparison.Ordinal) < o.Error.IndexOf("train logloss", StringComparison.Ordinal), "said before training");
        Assert.Contains("* best by logloss", o.Error);
        Assert.Contains("stopped: no better logloss in 2 epochs in a row", o.Error);
        Assert.Equal(3, Epochs.Length);
        Assert.Equal([true, false, false], Epochs.Select(e => (bool)e["best"]!));
    }

    [Fact]
    public void A_run_that_goes_on_goes_on_by_logloss()
    {
        string train = Shard("mostly.parquet", 600, i => i % 20 == 0 ? 1 : 0), valid = Shard("ones.parquet", 200, _ => 1);
        Train(train, "--valid", valid, "--epochs", "2", "--patience", "2", "--lr", "0.01").Succeeded();
        CommandOutcome resumed = Run("train", "--resume", "--out", Out, "--epochs", "20").Succeeded();
        Assert.Contains("stopped: no better logloss in 2 epochs in a row", resumed.Error);
        Assert.Equal(3, Epochs.Length);
    }

    [Fact]
    public void The_best_of_several_epochs_is_that_of_the_lowest_logloss()
    {
        string valid = Shard("zeros.parquet", 200, _ => 0);
        Train(Both, "--valid", valid, "--epochs", "6", "--patience", "0", "--lr", "0.02").Succeeded();
        double[] losses = [.. Epochs.Select(e => (double)e["valid_logloss"]!)];
        Assert.Equal(Array.IndexOf(losses, losses.Min()), Array.FindLastIndex(Epochs, e => (bool)e["best"]!));
    }

    [Fact]
    public void Sides_without_rows_or_labels_are_said_before_training()
    {
        string none = Shard("none.parquet", 0, _ => 0), zeros = Shard("zeros.parquet", 40, _ => 0);
        CommandOutcome o = Train(Both, "--valid", none, "--test", zeros, "--epochs", "3").Succeeded();
        Assert.Contains("warning: valid: no rows, so the last epoch is taken as the best and --patience has no effect; name shards with both labels by --valid", o.Error);
        Assert.Contains("warning: test: all 40 rows have label 0: AUC is not defined", o.Error);
        Assert.Contains("warning: no rows: AUC is not defined", Run("evaluate", "--model", Out, none, "--device", "cpu").Succeeded().Error);
        Assert.Contains("warning: all 40 rows have label 0: AUC is not defined", Run("evaluate", "--model", Out, zeros, "--device", "cpu").Succeeded().Error);
        CommandOutcome good = Run(["train", Both, "--out", Out, "--overwrite", .. model]).Succeeded();
        Assert.DoesNotContain("have label", good.Error);
    }

    [Fact]
    public void Rare_positives_on_one_side_of_the_split_are_said_with_the_share_that_divides_them()
    {
        string rare = Shard("rare.parquet", 600, i => i is 17 or 155 or 301 ? 1 : 0);
        CommandOutcome o = Train(rare, "--valid-fraction", "0.01").Succeeded();
        string warning = Assert.Single(o.Error.Split('\n'), l => l.StartsWith("warning: valid: all ", StringComparison.Ordinal));
        Assert.Contains("rows have label 0 (train: 3 of ", warning);
        string written = warning[(warning.IndexOf("--valid-fraction ", StringComparison.Ordinal) + 17)..].Split(' ')[0];
        Assert.DoesNotContain("warning: valid: all", Run(["train", rare, "--valid-fraction", written, "--out", Folder.File("again"), .. model]).Succeeded().Error);
        string single = Shard("single.parquet", 600, i => i == 17 ? 1 : 0);
        Assert.EndsWith("name shards with both labels by --valid", Assert.Single(
            Run(["train", single, "--out", Folder.File("single"), .. model]).Succeeded().Error.Split('\n'), l => l.StartsWith("warning: ", StringComparison.Ordinal) && l.Contains("not defined")));
    }

    [Theory]
    [InlineData("--valid")]
    [InlineData("--test")]
    public void A_bad_label_of_validation_or_test_rows_ends_the_run_before_its_first_step(string side)
    {
        string bad = Shard("bad.parquet", 250, i => i == 211 ? 7 : i % 2);
        CommandOutcome o = Train(Both, side, bad).FailedWith(ExitCode.Data, "bad.parquet: row group 2, row 211, column 'label': label 7 is neither 0 nor 1; correct it");
        Assert.DoesNotContain("train logloss", o.Error);
        Assert.False(Directory.Exists(Out));
        Train(Both, side, bad, "--bad-rows", "1").Succeeded();
        Shard("bad.parquet", 250, i => i > 200 ? 7 : i % 2);
        Run(["train", Both, side, bad, "--bad-rows", "1", "--out", Folder.File("more"), .. model]).FailedWith(ExitCode.Data, "are neither 0 nor 1, --bad-rows allows 1");
    }

    [Theory]
    [InlineData(-1, 1, "the labels of this shard are -1 and 1: write --positive 1")]
    [InlineData(1, 2, "the labels of this shard are 1 and 2: write --positive 2")]
    public void Two_labels_under_other_names_are_told(int low, int high, string told)
    {
        string shard = Shard("named.parquet", 300, i => i % 3 == 0 ? low : high);
        Train(shard).FailedWith(ExitCode.Data, "named.parquet", told);
        Train(Both, "--valid", shard).FailedWith(ExitCode.Data, "named.parquet", told);
        Train(shard, "--bad-rows", "1%").FailedWith(ExitCode.Data, told);
    }

    [Fact]
    public void Labels_of_a_split_are_counted_exactly()
    {
        CommandOutcome o = Train(Both, "--valid-fraction", "0.2", "--json").Succeeded();
        JsonElement metrics = JsonDocument.Parse(o.Out).RootElement;
        LabelCounts[] sides = LabelCounts.Of(
            ShardSet.Resolve([Both]), "label", TargetRule.Plain, BadRowBudget.Zero, 2,
            [new(RowSplit.ByHash(0.2), RowSide.Train), new(RowSplit.ByHash(0.2), RowSide.Valid)]);
        Assert.Equal(metrics.GetProperty("rows").GetInt64(), sides[1].Rows);
        Assert.Equal(600, sides[0].Rows + sides[1].Rows);
        Assert.Equal(200, sides[0].Positives + sides[1].Positives);
    }
}
