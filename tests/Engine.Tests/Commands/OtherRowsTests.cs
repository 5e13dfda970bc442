using GpuCtr.Data.Shards;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Commands;

/// <summary>Rows unlike those of training: histories of different lengths, nulls and values that training did not have.</summary>
public sealed class OtherRowsTests : OwnFolder
{
    private const int Rows = 240;

    private static readonly string[] model = ["--hidden-units", "8", "--embedding-dim", "2", "--attention-units", "4", "--batch-size", "64", "--device", "cpu"];

    private static T[] Each<T>(Func<int, T> value) => [.. Enumerable.Range(0, Rows).Select(value)];

    private string Histories(string name, params int[] uneven) => new TestShard()
        .Column("label", Each(i => i % 3 == 0 ? 1 : 0)).Column("item", Each(i => i % 20L)).Column("cat", Each(i => i % 4L))
        .Lists("hist_item", Each(i => Each(k => (long?)(k % 20))[..(i % 5)]))
        .Lists("hist_cat", Each(i => Each(k => (long?)(k % 4))[..(i % 5 + (uneven.Contains(i) ? 2 : 0))]))
        .Write(Folder.File(name), groupRows: 100);

    [Theory]
    [InlineData("50")]
    [InlineData("1")]
    public void Histories_of_one_group_that_differ_in_length_name_file_and_row(string most)
    {
        string even = Histories("even.parquet"), uneven = Histories("uneven.parquet", 133), run = Folder.File($"run{most}"), scores = Folder.File("scores.parquet");
        string[] options = [.. model, "--max-history", most];
        const string place = "uneven.parquet: row group 1, row 133: hist_item has 3 entries and hist_cat has 5", told = "histories of one group must have equal lengths";
        Run(["train", uneven, "--out", run, .. options]).FailedWith(ExitCode.Data, place, told, "--bad-rows", "--multi-value hist_cat");
        Run(["train", uneven, "--out", Folder.File("pooled"), .. options, "--multi-value", "hist_cat"]).Succeeded();
        Run(["train", even, "--out", run, .. options, "--overwrite"]).Succeeded();
        Run("evaluate", "--model", run, uneven, "--device", "cpu").FailedWith(ExitCode.Data, place);
        Run("predict", "--model", run, uneven, "--device", "cpu", "--out", scores).FailedWith(ExitCode.Data, place);
        Assert.Contains("1 × hist_item and hist_cat differ in length", Run("predict", "--model", run, uneven, "--device", "cpu", "--out", scores, "--bad-rows", "1").Succeeded().Error);
        Run(["train", uneven, "--out", run, .. options, "--overwrite", "--bad-rows", "1"]).Succeeded();
    }

    [Fact]
    public void An_oov_row_that_no_training_row_reached_is_told_once_with_what_to_write()
    {
        string Shard(string name, int first, int items) => new TestShard()
            .Column("label", Each(i => i % 3 == 0 ? 1 : 0)).Column("item", Each(i => (long)(first + i % items))).Column("code", Each(i => (long)(first + i % items)))
            .Write(Folder.File(name), groupRows: 100);
        string train = Shard("train.parquet", 0, Rows - 40), other = Shard("other.parquet", Rows, 20), scores = Folder.File("scores.parquet");
        const string told = "warning: item: no training row uses the OOV row, which is used for rare and new values, so it still has its initial vector; train with --min-count 2 or more";
        string[] both = ["train", train, "--valid", other, "--test", other, .. model, "--hash-buckets", "code=7"];
        CommandOutcome once = Run([.. both, "--out", Folder.File("once"), "--epochs", "2"]).Succeeded();
        Assert.Equal(2, once.Error.Split(told).Length);
        Assert.Contains(told, Run("predict", "--model", Folder.File("once"), other, "--device", "cpu", "--out", scores).Succeeded().Error);
        Assert.DoesNotContain("OOV row", Run("evaluate", "--model", Folder.File("once"), train, "--device", "cpu").Succeeded().Error);
        // 40 items occur twice, so the rare ones train the row.
        Assert.DoesNotContain("OOV row", Run([.. both, "--min-count", "2", "--out", Folder.File("twice")]).Succeeded().Error);
        string identity = $"warning: item: no training row uses the OOV row, which is used for rare and new values, so it still has its initial vector; raise the N of --identity";
        Assert.Contains(identity, Run([.. both, "--identity", $"item={Rows}", "--out", Folder.File("identity")]).Succeeded().Error);
    }

    [Fact]
    public void Nulls_that_training_did_not_have_are_counted_and_said()
    {
        string Shard(string name, int nulls) => new TestShard()
            .Column("label", Each(i => i % 3 == 0 ? 1 : 0))
            .Nullable("user", Each<long?>(i => i < nulls ? null : i % 20))
            .Nullable("price", Each<double?>(i => i < 2 * nulls ? null : i % 7))
            .Nullable("rare", Each<double?>(i => i % 9 == 0 ? null : i % 5))
            .Nullable("kind", Each<long?>(i => i % 9 == 0 ? null : i % 5))
            .Lists("tags", Each(i => i < 3 * nulls ? [null, 1L] : new long?[] { 1, 2 }))
            .Write(Folder.File(name), groupRows: 100);
        string full = Shard("full.parquet", 0), holes = Shard("holes.parquet", 7), run = Folder.File("run");
        const string said = "warning: rows: nulls in columns without nulls in training, so the model has not learned from them: user 7, price 14, tags 21";
        Run(["train", full, "--out", run, .. model, "--categorical", "user,kind"]).Succeeded();
        CommandOutcome scored = Run("predict", "--model", run, holes, "--device", "cpu", "--out", Folder.File("scores.parquet")).Succeeded();
        Assert.Contains(said, scored.Error);
        Assert.Contains(said, Run("evaluate", "--model", run, holes, "--device", "cpu").Succeeded().Error);
        Assert.DoesNotContain("nulls in columns", Run("evaluate", "--model", run, full, "--device", "cpu").Succeeded().Error);
        Assert.Contains("warning: valid: nulls in columns without nulls in training", Run(["train", full, "--valid", holes, "--out", Folder.File("valid"), .. model]).Succeeded().Error);
    }
}
