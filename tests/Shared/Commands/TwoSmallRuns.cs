namespace GpuCtr.Tests;

/// <summary>Two models over the same columns, as small as possible, because the tests load them thousands of times.</summary>
public sealed class TwoSmallRuns : OwnFolder
{
    public TwoSmallRuns()
    {
        const int rows = 200;
        string shard = new TestShard().Column("label", [.. Enumerable.Range(0, rows).Select(i => i % 3 == 0 ? 1 : 0)])
            .Column("item", [.. Enumerable.Range(0, rows).Select(i => (long)(i % 7))])
            .Lists("tags", [.. Enumerable.Range(0, rows).Select(i => Enumerable.Range(0, i % 4).Select(t => (long?)t).ToArray())]).Write(Folder.File("rows.parquet"));
        foreach (string run in All)
            CommandRunner.Run("train", shard, "--out", run, "--device", "cpu", "--embedding-dim", "4", "--hidden-units", "8", "--lr", run == All[0] ? "0.01" : "0.1").Succeeded();
    }

    public string[] All => [Folder.File("a"), Folder.File("b")];
}
