using GpuCtr.Data.Shards;

namespace GpuCtr.Tests;

/// <summary>Three small trained models, and rows that they were not trained on.</summary>
public sealed class ServedModels : OwnFolder
{
    private static readonly string[] small = ["--hidden-units", "32,16", "--embedding-dim", "8", "--batch-size", "256", "--lr", "0.01", "--device", "cpu", "--max-history", "10"];

    public ServedModels()
    {
        string train = new ServedRows(3000, seed: 1).Write(Folder.File("train.parquet"));
        DeepFm = Folder.File("deepfm");
        Din = Folder.File("din");
        Bst = Folder.File("bst");
        CommandRunner.Run(["train", train, "--model", "deepfm", "--out", DeepFm, .. small]).Succeeded();
        CommandRunner.Run(["train", train, "--attention-units", "16,8", "--out", Din, .. small]).Succeeded();
        CommandRunner.Run(["train", train, "--model", "bst", "--transformer-blocks", "2", "--out", Bst, .. small]).Succeeded();
        Rows = new ServedRows(1000, seed: 2, users: 60);
        Shard = Rows.Write(Folder.File("rows.parquet"));
    }

    public string DeepFm { get; }

    public string Din { get; }

    public string Bst { get; }

    public ServedRows Rows { get; }

    public string Shard { get; }

    public string RunOf(string model) => model switch { "din" => Din, "bst" => Bst, _ => DeepFm };

    /// <summary>The scores of <c>predict</c>; null where there is none.</summary>
    public static float?[] Scores(string path)
    {
        List<float?> scores = [];
        Read(path, "score", (buffer, i) => scores.Add(buffer.IsNull(i) ? null : (float)buffer.Reals[i]));
        return [.. scores];
    }

    /// <summary>Every value of a column, row group after row group.</summary>
    internal static void Read(string path, string column, Action<ColumnBuffer, int> value)
    {
        Shard shard = GpuCtr.Data.Shards.Shard.Open(path, 0);
        ColumnBuffer buffer = new();
        using ShardReader reader = shard.Rent();
        foreach (RowGroupRef group in shard.RowGroups)
        {
            reader.Read(group.Group, column, buffer);
            for (int i = 0; i < buffer.Rows; i++)
                value(buffer, i);
        }
    }
}
