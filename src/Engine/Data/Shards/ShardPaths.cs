using System.Text;
using System.Text.RegularExpressions;

namespace GpuCtr.Engine.Data;

/// <summary>Turns what the user typed (files, globs, folders) into a sorted list of files.</summary>
internal static class ShardPaths
{
    /// <summary>Files in ordinal order of their full paths.</summary>
    /// <exception cref="Failure">Usage: nothing matches, an empty folder, the same file twice. InputOutput: no permission.</exception>
    public static List<FoundShard> Expand(IEnumerable<string> patterns)
    {
        var found = new List<FoundShard>();
        foreach (string pattern in patterns)
        {
            try
            {
                Expand(pattern, found);
            }
            catch (Exception e) when (e is UnauthorizedAccessException or IOException)
            {
                throw Failure.BadAccess($"{pattern}: cannot be listed ({e.Message}); check the permissions of the folder", e);
            }
        }

        if (found.Count == 0)
            throw Failure.BadUsage("no shards given; name Parquet files, a folder or a quoted pattern such as 'data/*.parquet'");
        found.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        RefuseDuplicates(found);
        return found;
    }

    private static void Expand(string pattern, List<FoundShard> found)
    {
        if (File.Exists(pattern))
        {
            found.Add(FoundShard.Of(Path.GetFullPath(pattern), pattern));
            return;
        }

        if (Directory.Exists(pattern))
        {
            string[] files = [.. FilesOf(pattern)];
            if (files.Length == 0)
                throw Failure.BadUsage($"{pattern}: the folder has no *.parquet file; name a folder with shards, or the files themselves");
            found.AddRange(files.Select(f => FoundShard.Of(Path.GetFullPath(f), f)));
            return;
        }

        if (pattern.AsSpan().IndexOfAny('*', '?') < 0)
            throw Failure.BadUsage($"{pattern}: no such file or folder; check the path");
        int before = found.Count;
        string above = Path.IsPathRooted(pattern) ? Path.GetPathRoot(Path.GetFullPath(pattern))! : Path.GetFullPath(".");
        found.AddRange(Glob(pattern).Select(f => FoundShard.Of(f, Path.GetRelativePath(above, f))));
        if (found.Count == before)
            throw Failure.BadUsage($"no file matches '{pattern}' (looked from {Path.GetFullPath(".")}); check the pattern");
    }

    /// The shards of a folder, and those of its partitions (day=2024-01-01/) at any depth.
    private static IEnumerable<string> FilesOf(string folder) => Directory.GetFiles(folder, "*.parquet").Concat(
        Directory.GetDirectories(folder).Where(d => FoundShard.IsPartition(Path.GetFileName(d))).SelectMany(FilesOf));

    private static IEnumerable<string> Glob(string pattern)
    {
        string full = Path.GetFullPath(pattern).Replace('\\', '/');
        int wild = full.AsSpan().IndexOfAny('*', '?');
        int slash = full.LastIndexOf('/', wild);
        string root = full[..(slash + 1)], rest = full[(slash + 1)..];
        if (!Directory.Exists(root))
            return [];
        var options = new EnumerationOptions { RecurseSubdirectories = rest.Contains('/'), IgnoreInaccessible = true, AttributesToSkip = 0 };
        var match = new Regex(ToRegex(rest), RegexOptions.CultureInvariant);
        return Directory.EnumerateFiles(root, "*", options)
            .Where(file => match.IsMatch(Path.GetRelativePath(root, file).Replace('\\', '/')));
    }

    // * and ? stay within one folder, ** crosses them.
    private static string ToRegex(string glob)
    {
        var regex = new StringBuilder("^");
        for (int i = 0; i < glob.Length; i++)
        {
            if (glob.AsSpan(i).StartsWith("**/"))
            {
                regex.Append("(?:.*/)?");
                i += 2;
            }
            else if (glob.AsSpan(i).StartsWith("**"))
            {
                regex.Append(".*");
                i++;
            }
            else
            {
                regex.Append(glob[i] switch { '*' => "[^/]*", '?' => "[^/]", char c => Regex.Escape(c.ToString()) });
            }
        }

        return regex.Append('$').ToString();
    }

    private static void RefuseDuplicates(List<FoundShard> found)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string path in found.Select(f => f.Path))
        {
            string target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
            if (!seen.TryAdd(target, path))
                throw Failure.BadUsage($"{path}: the same file as {seen[target]}; rows would count twice, name it once");
        }
    }
}
