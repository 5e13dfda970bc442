using System.Text.Json;
using GpuCtr.Engine;
using GpuCtr.Training.Checkpoints;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests;

/// <summary>Runs whose rows to validate and test on follow from columns.</summary>
public sealed class SplitRunTests : OwnFolder
{
    private const int Rows = 1200, Users = 60;

    private static readonly string[] model = ["--hidden-units", "8", "--embedding-dim", "2", "--batch-size", "64", "--device", "cpu", "--fit-cache", "off", "--json", "--patience", "0"];

    private readonly string shards;

    /// <summary>Rows out of order; items come up with time, so that the last ones are in no earlier row.</summary>
    public SplitRunTests()
    {
        shards = Directory.CreateDirectory(Folder.File("rows")).FullName;
        foreach (int part in new[] { 0, 1 })
        {
            long[] times = [.. Enumerable.Range(0, Rows / 2).Select(r => (long)(2 * r + part) * 691 % Rows)];
            new TestShard()
                .Column("label", [.. times.Select(t => t * 7 % 10 < 3 ? 1 : 0)])
                .Column("time", times)
                .Column("stamp", [.. times.Select(t => new DateTime(2014, 10, 20, 0, 0, 0, DateTimeKind.Utc).AddMinutes(10 * t))])
                .Column("user", [.. times.Select(t => t * 13 % Users)])
                .Column("item", [.. times.Select(t => t / 100)])
                .Lists<long>("hist_item", [.. times.Select(t => new long?[] { t / 100, Math.Max(0, t / 100 - 1) })])
                .Write(Path.Combine(shards, $"{part}.parquet"), groupRows: 97);
        }
    }

    private CommandOutcome Train(string name, params string[] args) => Run(["train", shards, .. args, "--out", Folder.File(name), .. model]);

    private static string Hash(CommandOutcome o) => JsonDocument.Parse(o.Out).RootElement.GetProperty("weights_hash").GetString()!;

    [Fact]
    public void Sides_are_told_and_a_column_of_numbers_that_orders_rows_is_no_feature()
    {
        CommandOutcome o = Train("told", "--valid-last", "time:10%", "--test-last", "time:20%").Succeeded();
        Assert.Contains("rows     840 train, 120 valid, 240 test", o.Error);
        Assert.Contains("split    240 rows with time from 960 on test", o.Error);
        Assert.Contains("split    120 rows with time from 840 on validate", o.Error);
        Assert.Matches(@"time +int64 +\S+ +puts rows in order; --categorical makes it a feature", o.Error);
        Assert.Equal(240, JsonDocument.Parse(o.Out).RootElement.GetProperty("rows").GetInt32());
        Assert.DoesNotContain("chosen by a hash", o.Error);
        // Of a time, hour and weekday come again.
        Assert.Contains("hour", Train("stamp", "--valid-last", "stamp:2014-10-27").Succeeded().Error);
        CommandOutcome kept = Train("kept", "--valid-last", "time:10%", "--categorical", "time").Succeeded();
        Assert.DoesNotContain("puts rows in order", kept.Error);
    }

    /// <summary>Neither targets nor histories of later rows are in the vocabulary: they would tell what comes.</summary>
    [Fact]
    public void Values_of_rows_that_validate_or_test_are_not_learned()
    {
        Train("din", "--model", "din", "--valid-last", "time:25%", "--test-last", "time:25%").Succeeded();
        Assert.Equal(Enumerable.Range(0, 6).Select(i => (long)i), Items("din"));
        Train("all", "--model", "din", "--valid-fraction", "0").Succeeded();
        Assert.Equal(Enumerable.Range(0, 12).Select(i => (long)i), Items("all"));
    }

    private IEnumerable<long> Items(string name) =>
        Checkpoint.Load(Folder.File(name), c => c.LoadEncoder(), "--model").Vocabularies.Single(v => v.Name == "item").Integers.Order();

    [Theory]
    [InlineData("--valid-last", "time:10%")]
    [InlineData("--valid-by", "user")]
    [InlineData("--test-last", "stamp:2014-10-27")]
    public void A_run_that_goes_on_or_is_streamed_has_the_same_sides(string flag, string value)
    {
        string[] split = [flag, value];
        CommandOutcome whole = Train("whole", [.. split, "--epochs", "2"]).Succeeded();
        Train("parts", [.. split, "--epochs", "1"]).Succeeded();
        CommandOutcome resumed = Run("train", "--resume", "--out", Folder.File("parts"), "--epochs", "2").Succeeded();
        Assert.Equal(Hash(whole), Hash(resumed));
        string[] memory = ["--memory", LeastMemory(["train", shards, "--out", Folder.File("none"), .. split, .. model])];
        CommandOutcome small = Train("small", [.. split, .. memory, "--epochs", "2"]).Succeeded();
        string[] Told(CommandOutcome o) => [.. o.Error.Split('\n').Where(l => l.StartsWith("rows ", StringComparison.Ordinal) || l.StartsWith("split ", StringComparison.Ordinal))];
        Assert.NotEmpty(Told(whole));
        Assert.Equal(Told(whole), Told(resumed));
        Assert.Equal(Told(whole), Told(small));
        Assert.Contains("streamed", small.Error);
    }

    [Fact]
    public void Another_cut_is_refused_where_a_run_goes_on_unless_it_is_allowed()
    {
        Train("cut", "--valid-last", "time:10%").Succeeded();
        string[] other = ["train", "--resume", "--out", Folder.File("cut"), "--epochs", "2", "--valid-last", "time:900"];
        Run(other).FailedWith(ExitCode.Usage, "valid_last was time:10% and is time:900");
        Run("train", "--resume", "--out", Folder.File("cut"), "--epochs", "2", "--test-last", "time:10%").FailedWith(ExitCode.Usage, "test_last was not set and is time:10%");
        CommandOutcome allowed = Run([.. other, "--allow-changed", "valid_last"]).Succeeded();
        Assert.Contains("valid_last was time:10% and is time:900: the run continues", allowed.Error);
        Assert.Contains("split    300 rows with time from 900 on validate", allowed.Error);
    }

    [Fact]
    public void A_fit_is_found_again_for_the_same_cut_only()
    {
        string[] cache = ["--fit-cache", Folder.File("fits")];
        bool Finds(params string[] split) => Run(["train", shards, .. split, "--out", Folder.File($"{Guid.NewGuid():N}"), .. model.Where(a => a is not ("--fit-cache" or "off")), .. cache]).Succeeded().Error.Contains("come from the fit cache", StringComparison.Ordinal);
        Assert.False(Finds("--valid-last", "time:10%"));
        Assert.True(Finds("--valid-last", "time:10%"));
        Assert.False(Finds("--valid-last", "time:20%"));
        Assert.False(Finds("--test-last", "time:10%", "--valid-fraction", "0"));
        Assert.False(Finds("--valid-by", "user"));
        Assert.True(Finds("--valid-by", "user"));
    }

    [Fact]
    public void Validation_shards_can_stand_beside_test_rows_of_the_training_shards()
    {
        string valid = new TestShard().Column("label", 1, 0, 1).Column("time", 1L, 2L, 3L).Column("stamp", new DateTime[3]).Column("user", 1L, 2L, 3L).Column("item", 1L, 2L, 3L).Lists<long>("hist_item", [1], [2], [3]).Write(Folder.File("valid.parquet"));
        Assert.Contains("rows     960 train, 3 valid, 240 test", Train("beside", "--valid", valid, "--test-last", "time:20%").Succeeded().Error);
        Assert.Contains("rows     960 train, 0 valid, 240 test", Train("none", "--valid-fraction", "0", "--test-last", "time:20%").Succeeded().Error);
        CommandOutcome hashed = Train("hashed", "--test-last", "time:20%").Succeeded();
        Assert.Matches(@"split    \d+ of the other rows validate, chosen by a hash", hashed.Error);
    }

    [Fact]
    public void Contradictions_are_told()
    {
        Train("x", "--valid-last", "time:10%", "--valid", shards).FailedWith(ExitCode.Usage, "--valid names the rows to validate on, and --valid-last takes them from the training rows; choose one");
        Train("x", "--valid-by", "user", "--valid", shards).FailedWith(ExitCode.Usage, "and --valid-by takes them");
        Train("x", "--valid-last", "time:10%", "--valid-by", "user").FailedWith(ExitCode.Usage, "both choose the validation rows; use one of them");
        Train("x", "--valid-by", "user", "--valid-fraction", "0").FailedWith(ExitCode.Usage, "--valid-by uses a share --valid-fraction of the groups, which is 0");
        Train("x", "--valid-last", "time:10%", "--valid-fraction", "0.2").FailedWith(ExitCode.Usage, "--valid-last and --valid-fraction 0.2 both choose the validation rows: use one of them");
        Train("x", "--test-last", "time:10%", "--test", shards).FailedWith(ExitCode.Usage, "--test names the rows to test on, and --test-last takes them from the training rows; choose one");
        Train("x", "--valid-last", "time").FailedWith(ExitCode.Usage, "--valid-last time: expected a column with a share or a first value, such as time:10% or time:2014-10-28");
        Train("x", "--valid-last", "tiem:10%").FailedWith(ExitCode.Usage, "--valid-last tiem: not every shard has this column");
        Train("x", "--model", "prm", "--group-id", "user", "--valid-last", "time:10%").FailedWith(ExitCode.Usage, "--valid-last may split lists, and prm ranks whole lists");
        Train("x", "--model", "sasrec", "--valid-last", "time:10%").FailedWith(ExitCode.Usage, "--valid-last");
    }

    [Fact]
    public void Where_rows_have_a_time_a_hash_is_warned_of()
    {
        string warning = "warning: rows have a time (stamp), but validation rows are chosen by a hash";
        CommandOutcome o = Train("warned").Succeeded();
        Assert.Contains(warning, o.Error);
        Assert.Contains("--valid-last stamp:10% validates on the last tenth", o.Error);
        Assert.DoesNotContain(warning, Train("last", "--valid-last", "stamp:10%").Succeeded().Error);
        Assert.DoesNotContain(warning, Train("nothing", "--valid-fraction", "0").Succeeded().Error);
        string plain = new TestShard().Column("label", [.. Enumerable.Range(0, 200).Select(i => i % 2)]).Column("item", [.. Enumerable.Range(0, 200).Select(i => (long)i % 7)]).Write(Folder.File("plain.parquet"));
        Assert.DoesNotContain("chosen by a hash", Run(["train", plain, "--out", Folder.File("plain"), .. model]).Succeeded().Error);
    }
}
