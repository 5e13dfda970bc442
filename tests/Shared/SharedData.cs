namespace GpuCtr.Tests;

/// <summary>The folder shared/data beside the repository: public data that cannot be part of it.</summary>
internal static class SharedData
{
    private static readonly string? root = Path.GetFullPath(Repository.File("..", "shared", "data")) is var data && Directory.Exists(data) ? data : null;

    /// <summary>Full path of a file; skips the test where it is absent.</summary>
    public static string File(string name)
    {
        Skip.If(root is null, "no folder ../shared/data beside the repository: this test reads public data that is not part of it");
        string path = Path.Combine(root!, name);
        Skip.IfNot(System.IO.File.Exists(path), $"../shared/data/{name} is not there");
        return path;
    }

    /// <summary>Relative paths below a folder; one that does not exist where the folder is absent, so that the test shows as skipped.</summary>
    public static string[] Files(string folder, string pattern)
    {
        string path = Path.Combine(root ?? "", folder);
        return root is null || !Directory.Exists(path)
            ? [$"{folder}/absent"]
            : [.. Directory.GetFiles(path, pattern, SearchOption.AllDirectories).Select(f => Path.GetRelativePath(root, f)).Order(StringComparer.Ordinal)];
    }
}
