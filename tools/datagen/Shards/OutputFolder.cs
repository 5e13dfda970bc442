namespace GpuCtr.Datagen;

/// <summary>The folder that shards go to.</summary>
public static class OutputFolder
{
    /// <summary>Name of the test file; not a shard's name, so that a glob of shards never trains on it.</summary>
    public const string TestFile = "test.parquet";

    /// <summary>Name of the report.</summary>
    public const string TruthFile = "truth.json";

    /// <summary>Makes the folder, and makes sure that it holds no files of an earlier run: a leftover shard would be trained on.</summary>
    /// <exception cref="UsageException">It holds some and <paramref name="overwrite"/> is false.</exception>
    public static void Prepare(string folder, bool overwrite)
    {
        Directory.CreateDirectory(folder);
        string[] earlier =
        [
            .. Directory.GetFiles(folder, "shard-*.parquet").Order(StringComparer.Ordinal),
            .. new[] { TestFile, TruthFile }.Select(name => Path.Combine(folder, name)).Where(File.Exists),
        ];
        if (earlier.Length > 0 && !overwrite)
        {
            throw new UsageException(
                $"{folder} already holds {Path.GetFileName(earlier[0])}; choose another folder, or replace its shards with --overwrite");
        }
        foreach (string path in earlier)
            File.Delete(path);
    }
}
