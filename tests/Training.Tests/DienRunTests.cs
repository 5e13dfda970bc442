using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Engine;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests;

/// <summary>Runs with an auxiliary loss: what they show, how they go on, and what their rows need.</summary>
public sealed class DienRunTests : OwnFolder
{
    private static readonly string[] model = ["--model", "dien", "--hidden-units", "8", "--embedding-dim", "2", "--batch-size", "32", "--device", "cpu", "--lr", "0.01", "--patience", "0", "--fit-cache", "off", "--json"];

    private string Out => Folder.File("run");

    [Fact]
    public void Both_losses_are_shown_and_neither_is_mixed_into_the_other()
    {
        string train = Shop("train.parquet", 300), valid = Shop("valid.parquet", 100, seed: 2);
        CommandOutcome o = Run(["train", train, "--valid", valid, "--out", Out, "--epochs", "2", "--auxiliary-average", "pairs", .. model]).Succeeded();
        Assert.Contains("train logloss  auxiliary loss  valid logloss", o.Error, StringComparison.Ordinal);
        JsonObject[] epochs = [.. File.ReadAllLines(Path.Combine(Out, "metrics.jsonl")).Select(l => JsonNode.Parse(l)!.AsObject())];
        // Before anything is learned, either of a pair has probability ½: 2 log 2 a pair, and log 2 a click.
        Assert.All(epochs, e => Assert.InRange((double)e["train_auxiliary_loss"]!, 1.0, 1.5));
        Assert.All(epochs, e => Assert.InRange((double)e["train_logloss"]!, 0.5, 0.8));
        Assert.Equal((double)epochs[^1]["train_auxiliary_loss"]!, JsonDocument.Parse(o.Out).RootElement.GetProperty("train_auxiliary_loss").GetDouble());

        CommandOutcome without = Run(["train", train, "--out", Folder.File("without"), "--epochs", "1", "--auxiliary-loss", "0", .. model]).Succeeded();
        Assert.DoesNotContain("auxiliary", without.Error + without.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_run_that_was_interrupted_in_an_epoch_ends_with_the_same_bits(bool reads)
    {
        string train = Shop("train.parquet", 300, negatives: reads);
        string[] same = [.. model, "--checkpoint-every", "3"];
        string hash = Hash(Run(["train", train, "--out", Folder.File("whole"), "--epochs", "2", .. same]).Succeeded());
        Run(["train", train, "--out", Out, "--epochs", "1", .. same]).Succeeded();
        // The last checkpoint inside the first epoch takes the place of that at its end.
        string inside = Directory.GetDirectories(Path.Combine(Out, "checkpoints")).Order(StringComparer.Ordinal).First();
        File.WriteAllText(Path.Combine(Out, "last"), Path.GetFileName(inside));
        Assert.Equal(hash, Hash(Run("train", "--resume", "--out", Out, "--epochs", "2").Succeeded()));
    }

    [Fact]
    public void Rows_that_are_evaluated_or_predicted_need_no_negatives()
    {
        string train = Shop("train.parquet", 300, negatives: true), test = Shop("test.parquet", 50, seed: 2);
        CommandOutcome o = Run(["train", train, "--test", test, "--out", Out, "--epochs", "1", .. model]).Succeeded();
        Assert.Contains("neg_hist_item      list<int64>  negative     negatives of hist_item", o.Error, StringComparison.Ordinal);
        Run("evaluate", test, "--model", Out, "--device", "cpu").Succeeded();
        Run("train", test, "--init-from", Out, "--out", Folder.File("day2"), "--epochs", "1", "--model", "dien", "--hidden-units", "8", "--embedding-dim", "2", "--device", "cpu", "--fit-cache", "off").Succeeded();
    }

    [Fact]
    public void Models_without_an_auxiliary_loss_leave_negatives_out()
    {
        string train = Shop("train.parquet", 100, negatives: true);
        foreach (string[] options in new[] { [.. model[2..], "--model", "din"], (string[])[.. model, "--auxiliary-loss", "0"] })
            Assert.Contains("unused       ", Run(["train", train, "--out", Folder.File($"run{options.Length}"), "--epochs", "1", .. options]).Succeeded().Error, StringComparison.Ordinal);
    }

    [Fact]
    public void States_that_are_not_as_wide_as_entries_have_no_inner_product()
    {
        string train = Shop("train.parquet", 100);
        Run(["train", train, "--out", Out, "--epochs", "1", "--gru-hidden", "3", .. model]).FailedWith(ExitCode.Usage, "--auxiliary-form", "--gru-hidden");
    }

    private static string Hash(CommandOutcome o) => JsonDocument.Parse(o.Out).RootElement.GetProperty("weights_hash").GetString()!;

    /// <summary>Items whose category is item mod 3, histories of up to four, and on request negatives of them.</summary>
    private string Shop(string name, int rows, int seed = 1, bool negatives = false)
    {
        Random random = new(seed);
        long Item() => random.Next(9);
        long[] items = [.. Enumerable.Range(0, rows).Select(_ => Item())];
        long?[][] histories = [.. items.Select(_ => Enumerable.Range(0, random.Next(5)).Select(_ => (long?)Item()).ToArray())], others = [.. histories.Select(h => h.Select(i => (i + 1) % 9).ToArray())];
        long?[][] Categories(long?[][] lists) => [.. lists.Select(l => l.Select(i => i % 3).ToArray())];
        TestShard shard = new TestShard().Column("label", [.. items.Select(i => random.Next(3) == 0 ? 1 : (int)(i % 2))])
            .Column("item", items).Column("category", [.. items.Select(i => i % 3)])
            .Lists<long>("hist_item", histories).Lists<long>("hist_category", Categories(histories));
        return (negatives ? shard.Lists<long>("neg_hist_item", others).Lists<long>("neg_hist_category", Categories(others)) : shard).Write(Folder.File(name), groupRows: 70);
    }
}
