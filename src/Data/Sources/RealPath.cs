namespace GpuCtr.Data.Sources;

/// <summary>Paths behind all links, those of the folders above included: two of them are equal where the files are the same one.</summary>
internal static class RealPath
{
    // As many links in a row as Linux follows.
    private const int MostLinks = 40;

    private static StringComparison Letters => OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;

    /// <summary>The path; what does not exist stands for itself.</summary>
    public static string Of(string path) => Of(path, MostLinks);

    /// <summary>Whether two real paths are the same one, or one of them lies in the other.</summary>
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
