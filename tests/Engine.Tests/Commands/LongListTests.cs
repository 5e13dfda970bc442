using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Commands;

/// <summary>Lists longer than --max-history: counted and shown wherever rows are read.</summary>
public sealed class LongListTests : OwnFolder
{
    private const int Rows = 100, Longest = 1_000_000;

    [Fact]
    public void Fault26_Long_histories_are_shown_by_every_command_and_the_report()
    {
        string train = Write("train.parquet", longest: 200, asText: false), valid = Write("valid.parquet", longest: 60, asText: false), run = Folder.File("run");
        string[] small = ["--hidden-units", "4", "--attention-units", "4", "--embedding-dim", "2", "--device", "cpu"];
        string told = Run(["train", train, "--valid", valid, "--test", valid, "--out", run, .. small]).Succeeded().Error;
        const string text = "lists with more than --max-history 50 entries (only the last are read): hist_item in 10 of 100 rows (10.00 %), ";
        Assert.Contains($"train: {text}1,500 entries left out", told);
        Assert.Contains($"valid: {text}100 entries left out", told);
        Assert.Contains($"test: {text}100 entries left out", told);
        Assert.Contains($"rows: {text}1,500 entries left out", Run("evaluate", "--model", run, train, "--device", "cpu").Succeeded().Error);
        Assert.Contains($"rows: {text}100 entries left out", Run("predict", "--model", run, valid, "--out", Folder.File("s.parquet"), "--device", "cpu").Succeeded().Error);
        Assert.Contains("longest 200; 10.0 % of the rows are cut to --max-history 50", Run("inspect", train, "--max-history", "50").Succeeded().Out);
        string page = File.ReadAllText(Path.Combine(run, "report.html"));
        Assert.Contains("<td>hist_item</td><td>train</td><td>50</td><td>100</td><td>10</td><td>10.00 %</td><td>1,500</td>", page);
        Assert.Contains("<td>hist_item</td><td>test</td><td>50</td><td>100</td><td>10</td><td>10.00 %</td><td>100</td>", page);

        string together = Run(["train", train, "--out", Folder.File("one"), .. small]).Succeeded().Error;
        Assert.Contains($"train and valid: {text}1,500 entries left out", together);
        Assert.DoesNotContain("max-history 50 entries", Run(["train", train, "--out", Folder.File("none"), "--max-history", "200", .. small]).Succeeded().Error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Fault26_Lists_of_a_million_entries_are_counted(bool asText)
    {
        string shard = Write("long.parquet", Longest, asText), run = Folder.File("run");
        string[] history = ["--history", "hist_item=item"];
        string told = Run(["train", shard, .. history, "--out", run, "--hidden-units", "4", "--attention-units", "4", "--embedding-dim", "2", "--device", "cpu"]).Succeeded().Error;
        Assert.Contains("hist_item in 1 of 100 rows (1.00 %), 999,950 entries left out", told);
        Assert.Contains("longest 1000000; 1.0 % of the rows are cut to --max-history 50", Run(["inspect", shard, .. history]).Succeeded().Out);
        Assert.Contains("999,950 entries left out", Run("predict", "--model", run, shard, "--out", Folder.File("s.parquet"), "--device", "cpu").Succeeded().Error);
    }

    /// <summary>Ten rows with lists of the longest length; of the longest there is one.</summary>
    private string Write(string name, int longest, bool asText)
    {
        long?[][] lists = [.. Enumerable.Range(0, Rows).Select(i => Enumerable.Range(0, longest == Longest ? i == 3 ? longest : i % 5 : i % 10 == 3 ? longest : i % 5).Select(k => (long?)((i + k) % 9)).ToArray())];
        TestShard shard = new TestShard().Column("label", [.. Enumerable.Range(0, Rows).Select(i => i % 3 == 0 ? 1 : 0)]).Column("item", [.. Enumerable.Range(0, Rows).Select(i => (long)(i % 9))]);
        return (asText ? shard.Text("hist_item", [.. lists.Select(l => $"[{string.Join(", ", l)}]")]) : shard.Lists("hist_item", lists)).Write(Folder.File(name));
    }
}
