namespace GpuCtr.Datagen;

/// <summary>The folder that shards go to.</summary>
public static class OutputFolder
{
    /// <summary>Name of the test file; not a shard's name, so that a glob of shards never trains on it.</summary>
    public const string TestFile = "test.parquet";

    /// <summary>Name of the report.</summary>
    public const string TruthFile = "truth.json";

    /// <summary>What <c>synth</c> leaves in a folder.</summary>
    public static readonly string[] SynthFiles = ["shard-*.parquet", TestFile, TruthFile];

    /// <summary>What <c>import</c> leaves in a folder.</summary>
    public static readonly string[] ImportFiles = ["train-*.parquet", "valid.parquet", TestFile];

    /// <summary>Makes sure that the folder holds no files of an earlier run, unless they may be replaced.</summary>
    /// <exception cref="UsageException">It holds some and <paramref name="overwrite"/> is false.</exception>
    public static void Check(string folder, string[] patterns, bool overwrite)
    {
        if (!overwrite && Earlier(folder, patterns) is [var first, ..])
        {
            throw new UsageException(
                $"{folder} already holds {Path.GetFileName(first)}; choose another folder, or replace its shards with --overwrite");
        }
    }

    /// <summary>Makes the folder and removes the files of an earlier run: a leftover shard would be trained on.</summary>
    /// <exception cref="UsageException">It holds some and <paramref name="overwrite"/> is false.</exception>
    public static void Prepare(string folder, string[] patterns, bool overwrite)
    {
        Directory.CreateDirectory(folder);
        Check(folder, patterns, overwrite);
        foreach (string path in Earlier(folder, patterns))
            File.Delete(path);
    }

    private static string[] Earlier(string folder, string[] patterns) => Directory.Exists(folder)
        ? [.. patterns.SelectMany(pattern => Directory.GetFiles(folder, pattern).Order(StringComparer.Ordinal))]
        : [];
}
