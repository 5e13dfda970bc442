using System.Text.Json;
using GpuCtr.Engine;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests.NextItems;

/// <summary>Logs with one interaction a row, which become one row a user on the way in.</summary>
public sealed class InteractionLogTests : OwnFolder
{
    private static readonly string[] model = ["--model", "sasrec", .. NextItemRuns.Small, "--epochs", "2"];

    private readonly long[][] sequences = PlantedSequences.Of(40, seed: 1);

    [Fact]
    public void A_log_trains_like_its_sequences_and_goes_on()
    {
        string lists = new TestShard().Column("user", [.. sequences.Select((_, u) => 100L + u)]).Lists("item", [.. sequences.Select(s => s.Select(i => (long?)i).ToArray())]).Write(Folder.File("lists.parquet"));
        string[] log = [Log("log-0.parquet", r => r.Place % 2 == 0 || r.Place == 0), Log("log-1.parquet", r => r.Place % 2 == 1)];
        string hash = Hash(Run(["train", lists, "--out", Folder.File("lists"), .. model]).Succeeded());
        CommandOutcome o = Run(["train", .. log, "--out", Folder.File("log"), .. model]).Succeeded();
        Assert.Contains($"sequences of 40 users from {sequences.Sum(s => s.Length)} interactions", o.Error, StringComparison.Ordinal);
        Assert.Equal(hash, Hash(o));
        // The files of the log are those of the run, and a run over them goes on.
        Assert.Contains("log-0.parquet", File.ReadAllText(Path.Combine(Folder.File("log"), "config.json")), StringComparison.Ordinal);
        Assert.Equal(Hash(Run(["train", lists, "--out", Folder.File("more"), .. model[..^1], "3"]).Succeeded()), Hash(Run("train", "--resume", "--out", Folder.File("log"), "--epochs", "3", "--json").Succeeded()));
        JsonElement[] evaluated = [.. new[] { log, [lists] }.Select(rows => Json(Run(["evaluate", .. rows, "--model", Folder.File("log"), "--device", "cpu", "--json"]).Succeeded()))];
        Assert.Equal(evaluated[0].GetRawText(), evaluated[1].GetRawText());
        Run(["predict", .. log, "--model", Folder.File("log"), "--device", "cpu", "--keep", "user", "--out", Folder.File("best.parquet")]).Succeeded();
    }

    [Fact]
    public void Users_items_and_times_have_other_names_and_types()
    {
        (int User, int Place, long Item)[] rows = Rows();
        string log = new TestShard()
            .Text("who", [.. rows.Select(r => $"u{r.User}")]).Text("what", [.. rows.Select(r => $"i{r.Item}")]).Column("at", [.. rows.Select(r => r.Place - 2.5)])
            .Write(Folder.File("named.parquet"));
        CommandOutcome o = Run(["train", log, "--user", "who", "--item", "what", "--timestamp", "at", "--out", Folder.File("named"), .. model]).Succeeded();
        Assert.Contains("what  list<string>", o.Error, StringComparison.Ordinal);
        Run("predict", log, "--model", Folder.File("named"), "--device", "cpu", "--keep", "who", "--top", "2", "--out", Folder.File("best.parquet")).Succeeded();
        Run(["train", log, "--out", Folder.File("not"), .. model]).FailedWith(ExitCode.Usage, "no column is a list of items", "user, item and timestamp");
        Run(["train", log, "--user", "whom", "--out", Folder.File("not"), .. model]).FailedWith(ExitCode.Usage, "--user whom: no such column", "who, what, at");
        Run(["train", log, "--user", "who", "--item", "what", "--timestamp", "what", "--out", Folder.File("not"), .. model]).FailedWith(ExitCode.Usage, "--timestamp what: its type is string");
    }

    /// <summary>64 MB are always left; 36 bytes for each of two million interactions are more.</summary>
    [Fact]
    public void A_log_that_memory_has_no_room_for_is_refused_before_it_is_read()
    {
        long[] same = new long[2_000_000];
        string log = new TestShard().Column("user", same).Column("item", same).Column("timestamp", same).Write(Folder.File("long.parquet"));
        Run(["train", log, "--out", Folder.File("long"), "--memory", "200MB", .. model]).FailedWith(ExitCode.Usage, "--memory is too little: the 2,000,000 interactions of", "72 MB while they are grouped", "67 MB are left");
    }

    [Fact]
    public void A_missing_or_bad_value_is_an_error_with_its_place()
    {
        string path = Folder.File("bad.parquet");
        void Refused(string message, TestShard shard) => Run(["train", shard.Write(path, groupRows: 2), "--out", Folder.File("bad"), .. model]).FailedWith(ErrorKind.Data, "bad.parquet: row group 1, row 2,", message);
        TestShard Users() => new TestShard().Column("user", 1L, 1L, 1L, 2L).Column("item", 4L, 5L, 6L, 7L);
        Refused("column 'timestamp': no timestamp", Users().Nullable<long>("timestamp", 1, 2, null, 4));
        Refused("column 'timestamp': NaN is no timestamp", Users().Column("timestamp", 1.0, 2.0, double.NaN, 4.0));
        Refused("column 'item': no item", new TestShard().Column("user", 1L, 1L, 1L, 2L).Nullable<long>("item", 4, 5, null, 7).Column("timestamp", 1L, 2L, 3L, 4L));
        Refused("column 'user': no user", new TestShard().Text("user", "a", "a", null, "b").Column("item", 4L, 5L, 6L, 7L).Column("timestamp", 1L, 2L, 3L, 4L));
    }

    /// <summary>The first interactions of all users, then the others by falling time; those at one time stay in their order.</summary>
    private (int User, int Place, long Item)[] Rows() =>
    [
        .. sequences.SelectMany((s, user) => s.Select((item, place) => (user, place, item))).OrderBy(r => r.place > 0).ThenByDescending(r => r.place / 2).ThenBy(r => r.user).ThenBy(r => r.place),
    ];

    private string Log(string name, Func<(int User, int Place, long Item), bool> keep)
    {
        (int User, int Place, long Item)[] rows = [.. Rows().Where(keep)];
        return new TestShard()
            .Column("user", [.. rows.Select(r => 100L + r.User)]).Column("timestamp", [.. rows.Select(r => 1_700_000_000L + r.Place / 2)]).Column("item", [.. rows.Select(r => r.Item)])
            .Write(Folder.File(name), groupRows: 30);
    }

    private static string Hash(CommandOutcome o) => Json(o).GetProperty("weights_hash").GetString()!;

    private static JsonElement Json(CommandOutcome o) => JsonDocument.Parse(o.Out).RootElement;
}
