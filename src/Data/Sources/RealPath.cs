namespace GpuCtr.Data.Sources;

/// <summary>Resolves all links in a path, including those of parent folders: equal real paths mean the same file.</summary>
internal static class RealPath
{
    // Linux follows as many links in a row.
    private const int MostLinks = 40;

    private static StringComparison Letters => OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;

    /// <summary>The real path; a part that does not exist stays as it is.</summary>
    public static string Of(string path) => Of(path, MostLinks);

    /// <summary>Whether two real paths are equal, or one is inside the other.</summary>
    public static bool Overlap(string a, string b) => IsIn(a, b) || IsIn(b, a);

    private static bool IsIn(string path, string folder) =>
        path.Equals(folder, Letters) || path.StartsWith(folder.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, Letters);

    private static string Of(string path, int links)
    {
        string full = Path.GetFullPath(path), real = Path.GetPathRoot(full)!;
        foreach (string part in full[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            string next = Path.Combine(real, part);
            real = links > 0 && new FileInfo(next).LinkTarget is { } target ? Of(Path.Combine(real, target), links - 1) : next;
        }

        return real;
    }
}
