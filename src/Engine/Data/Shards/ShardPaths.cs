using System.Text.RegularExpressions;

namespace GpuCtr.Engine.Data;

/// <summary>Turns what the user typed (files, globs, folders, also of an object store) into a sorted list of shards.</summary>
internal static class ShardPaths
{
    /// <summary>Shards in ordinal order of their full paths.</summary>
    /// <exception cref="Failure">Usage: nothing matches, an empty folder, the same shard twice. InputOutput: no permission, no store.</exception>
    public static List<FoundShard> Expand(IEnumerable<string> patterns)
    {
        var found = new List<FoundShard>();
        var store = new Lazy<ObjectStore>();
        foreach (string pattern in patterns)
        {
            try
            {
                if (ObjectPaths.IsObject(pattern))
                    found.AddRange(ObjectPaths.Expand(pattern, store.Value));
                else
                    Expand(pattern, found);
            }
            catch (Exception e) when (e is UnauthorizedAccessException or IOException)
            {
                throw Failure.BadAccess($"{pattern}: cannot be listed ({e.Message}); check the permissions of the folder", e);
            }
        }

        if (found.Count == 0)
            throw Failure.BadUsage("no shards given; name Parquet files, a folder or a quoted pattern such as 'data/*.parquet'");
        found.Sort((a, b) => string.CompareOrdinal(a.Source.Path, b.Source.Path));
        RefuseDuplicates(found);
        return found;
    }

    private static void Expand(string pattern, List<FoundShard> found)
    {
        if (File.Exists(pattern))
        {
            found.Add(Found(Path.GetFullPath(pattern), pattern));
            return;
        }

        if (Directory.Exists(pattern))
        {
            string[] files = [.. FilesOf(pattern)];
            if (files.Length == 0)
                throw Failure.BadUsage($"{pattern}: the folder has no *.parquet file; name a folder with shards, or the files themselves");
            found.AddRange(files.Select(f => Found(Path.GetFullPath(f), f)));
            return;
        }

        if (pattern.AsSpan().IndexOfAny('*', '?') < 0)
            throw Failure.BadUsage($"{pattern}: no such file or folder; check the path");
        int before = found.Count;
        string above = Path.IsPathRooted(pattern) ? Path.GetPathRoot(Path.GetFullPath(pattern))! : Path.GetFullPath(".");
        found.AddRange(Matching(pattern).Select(f => Found(f, Path.GetRelativePath(above, f))));
        if (found.Count == before)
            throw Failure.BadUsage($"no file matches '{pattern}' (looked from {Path.GetFullPath(".")}); check the pattern");
    }

    private static FoundShard Found(string path, string named) => FoundShard.Of(new FileSource(path), named);

    /// The shards of a folder, and those of its partitions (day=2024-01-01/) at any depth.
    private static IEnumerable<string> FilesOf(string folder) => Directory.GetFiles(folder, "*.parquet").Concat(
        Directory.GetDirectories(folder).Where(d => FoundShard.IsPartition(Path.GetFileName(d))).SelectMany(FilesOf));

    private static IEnumerable<string> Matching(string pattern)
    {
        string full = Path.GetFullPath(pattern).Replace('\\', '/');
        int wild = full.AsSpan().IndexOfAny('*', '?');
        int slash = full.LastIndexOf('/', wild);
        string root = full[..(slash + 1)], rest = full[(slash + 1)..];
        if (!Directory.Exists(root))
            return [];
        var options = new EnumerationOptions { RecurseSubdirectories = rest.Contains('/'), IgnoreInaccessible = true, AttributesToSkip = 0 };
        Regex match = Glob.Regex(rest);
        return Directory.EnumerateFiles(root, "*", options)
            .Where(file => match.IsMatch(Path.GetRelativePath(root, file).Replace('\\', '/')));
    }

    private static void RefuseDuplicates(List<FoundShard> found)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (IShardSource source in found.Select(f => f.Source))
        {
            string target = source.Target;
            if (!seen.TryAdd(target, source.Path))
                throw Failure.BadUsage($"{source.Path}: the same file as {seen[target]}; rows would count twice, name it once");
        }
    }
}
