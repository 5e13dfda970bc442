using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Commands;

/// <summary>A column may have any name, which can be written after every flag and in JSON.</summary>
public sealed class ColumnNameTests : OwnFolder
{
    private const int Rows = 200;
    private static readonly string[] small = ["--hidden-units", "4", "--attention-units", "4", "--embedding-dim", "2", "--batch-size", "64", "--device", "cpu"];

    [Theory]
    [InlineData("a,b", "a", "b")]
    [InlineData(" a , ,b ", "a", "b")]
    [InlineData("\"price, net\",id", "price, net", "id")]
    [InlineData("\"5\"\" disk\"", "5\" disk")]
    [InlineData("\"-x\",\" a \",\"\"", "-x", " a ", "")]
    [InlineData("a=b,created:hour", "a=b", "created:hour")]
    public void Commas_separate_outside_quotes(string typed, params string[] names) => Assert.Equal(names, ColumnNames.Split(typed).Select(ColumnNames.Plain));

    [Theory]
    [InlineData("hist_item", "hist_item", "")]
    [InlineData("a=b=item", "a=b", "item")]
    [InlineData("\"x,y\"=\"a=b\"", "x,y", "a=b")]
    [InlineData("\"a=b\"", "a=b", "")]
    public void An_equals_sign_separates_outside_quotes(string entry, string column, string value) => Assert.Equal((column, value), ColumnNames.Pair(entry));

    [Theory]
    [InlineData("price", "price")]
    [InlineData("created:hour", "created:hour")]
    [InlineData("my col", "'my col'")]
    [InlineData("price, net", "'\"price, net\"'")]
    [InlineData("it's", "'it'\\''s'")]
    [InlineData("5\" disk", "'\"5\"\" disk\"'")]
    [InlineData("-x", "'\"-x\"'")]
    [InlineData("$HOME `x`", "'$HOME `x`'")]
    public void Names_in_messages_can_be_copied_into_a_shell(string name, string shown)
    {
        Assert.Equal(shown, ColumnNames.InShell(name));
        if (OperatingSystem.IsWindows())
            return;
        Assert.Equal(name, Assert.Single(ColumnNames.Split(ChildProcess.Run("sh", "-c", $"printf %s {shown}").Out).Select(ColumnNames.Plain)));
        Assert.Equal(name, ColumnNames.Plain(ColumnNames.FromJson(ColumnNames.ToJson(ColumnNames.Split(shown.Trim('\'').Replace("'\\''", "'")).Single()))));
    }

    [Fact]
    public void A_quote_that_is_not_closed_is_told() =>
        Run(["train", Write(), "--exclude", "5\" disk", .. small]).FailedWith(ExitCode.Usage, "5\" disk: a double quote is not closed", "'\"5\"\" disk\"'");

    [Fact]
    public void Every_flag_takes_names_with_commas_and_equals_signs()
    {
        string shard = Write(), run = Folder.File("run");
        CommandOutcome o = Run(["train", shard, "--label", "\"click, y\"", "--group-id", "a,b", "--exclude", "\"out, of\",more,x:y,\"-x\"", "--categorical", "\"n,1\"", "--numeric", "\"n=2\"",
            "--numeric-transform", "\"n=2\"=log,none", "--history", "\"past, all\"=\"i=d\",\"p=q\"=\"i=d\"", "--multi-value", "\"t,g\"", "--hash-buckets", "\"n,1\"=8", "--identity", "\"k,k\"=9", "--out", run, .. small]).Succeeded();
        Dictionary<string, string> roles = Roles(run);
        Assert.Equal(
            ["-x excluded", "a,b group", "click, y label", "i=d categorical", "k,k categorical", "more excluded", "n,1 categorical", "n=2 numeric", "out, of excluded", "p=q history", "past, all history", "t,g pooled", "x:y excluded"],
            roles.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => $"{r.Key} {r.Value}"));
        Assert.Contains("history of i=d", o.Error);
        Run("predict", "--model", run, shard, "--keep", "\"a,b\",\"i=d\"", "--out", Folder.File("scores.parquet"), "--device", "cpu").Succeeded();
        Assert.Equal(["a,b", "i=d", "score"], ShardSet.Resolve([Folder.File("scores.parquet")]).Columns.Select(c => c.Name).Order());
        Assert.Contains("i=d", Run("explain", "--model", run, shard, "--row", "3", "--nearest", "\"i=d\"").Succeeded().Out);
        Run("predict", "--model", run, shard, "--keep", "a,b", "--out", Folder.File("t.parquet"), "--device", "cpu").FailedWith(ExitCode.Usage, "--keep a: ", "'\"a,b\"'");
        string hash = Hash(run);

        // The config.json of a run starts the same run again, and resumes it.
        Run("train", "--config", Path.Combine(run, "config.json"), "--out", Folder.File("again")).Succeeded();
        Assert.Equal(hash, Hash(Folder.File("again")));
        Run("train", "--resume", "--out", run, "--epochs", "2").Succeeded();
        Run("train", "--resume", "--out", run, "--exclude", "\"out, of\"", "--epochs", "2").FailedWith(ExitCode.Usage, "exclude was [out, of, more, x:y, \"-x\"] and is [out, of]");
    }

    [Fact]
    public void Arrays_of_a_json_file_hold_one_name_each()
    {
        string config = Folder.File("c.json"), run = Folder.File("json");
        File.WriteAllText(config, JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["shards"] = Write(),
            ["label"] = "click, y",
            ["group_id"] = "a,b",
            ["exclude"] = new[] { "out, of", "more", "n=2", "t,g", "-x", "x:y" },
            ["categorical"] = new[] { "n,1" },
            ["history"] = new[] { "past, all=\"i=d\"", "\"p=q\"=\"i=d\"" },
            ["identity"] = new[] { "k,k=9" },
            ["hidden_units"] = new[] { 4, 4 },
            ["embedding_dim"] = 2,
        }));
        Run("train", "--config", config, "--out", run, "--attention-units", "4", "--device", "cpu").Succeeded();
        Assert.Equal(
            ["-x excluded", "a,b group", "click, y label", "i=d categorical", "k,k categorical", "more excluded", "n,1 categorical", "n=2 excluded", "out, of excluded", "p=q history", "past, all history", "t,g excluded", "x:y excluded"],
            Roles(run).OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => $"{r.Key} {r.Value}"));
        File.WriteAllText(config, """{"exclude": "more,\"n=2\""}""");
        Run(["train", Write(), "--config", config, "--label", "click, y", "--out", Folder.File("typed"), .. small]).Succeeded();
        Assert.Equal(["more", "n=2"], Roles(Folder.File("typed")).Where(r => r.Value == "excluded").Select(r => r.Key).Order());
    }

    [Fact]
    public void A_run_of_an_older_version_whose_lists_stand_as_typed_goes_on()
    {
        string run = Folder.File("old"), path = Path.Combine(run, "config.json");
        Run(["train", Write(), "--label", "click, y", "--exclude", "more,\"out, of\"", "--out", run, .. small]).Succeeded();
        JsonObject config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        Assert.True(config.Remove("format"));
        config["options"]!["exclude"] = new JsonArray("more,\"out, of\"");
        File.WriteAllText(path, config.ToJsonString());
        Run("train", "--resume", "--out", run, "--epochs", "2").Succeeded();
        Run("train", "--config", path, "--out", Folder.File("again")).Succeeded();
        Assert.Equal(["more", "out, of"], Roles(Folder.File("again")).Where(r => r.Value == "excluded").Select(r => r.Key).Order());
    }

    private static Dictionary<string, string> Roles(string run) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(run, "config.json")))!["columns"]!.AsArray().ToDictionary(c => $"{c!["name"]}", c => $"{c!["role"]}");

    private static string Hash(string run) => $"{JsonNode.Parse(File.ReadAllText(Path.Combine(run, "result.json")))!["weights_hash"]}";

    private string Write()
    {
        T[] Each<T>(Func<int, T> value) => [.. Enumerable.Range(0, Rows).Select(value)];
        return new TestShard().Column("click, y", Each(i => i * 7 % 3 == 0 ? 1 : 0)).Column("a,b", Each(i => (long)(i % 9))).Column("i=d", Each(i => (long)(i % 5))).Column("k,k", Each(i => (long)(i % 9)))
            .Column("n,1", Each(i => i % 4 * 0.5)).Column("n=2", Each(i => i * 0.1)).Column("out, of", Each(i => i)).Column("more", Each(i => i % 2)).Column("x:y", Each(i => i)).Column("-x", Each(i => i))
            .Lists("past, all", Each<long?[]?>(i => [i % 5, i % 3])).Lists("p=q", Each<long?[]?>(i => [i % 3, i % 5])).TextLists("t,g", Each<string?[]?>(i => [$"t{i % 3}"])).Write(Folder.File("s.parquet"));
    }
}
