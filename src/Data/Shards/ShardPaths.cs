using System.Text.RegularExpressions;
using GpuCtr.Data.Sources;
using GpuCtr.Data.Tables;

namespace GpuCtr.Data.Shards;

/// <summary>The shards that some patterns name.</summary>
/// <param name="Shards">In ordinal order of their full paths.</param>
/// <param name="Notes">One line for everything that was left out or read through a table's log.</param>
internal sealed record FoundShards(IReadOnlyList<FoundShard> Shards, IReadOnlyList<string> Notes);

/// <summary>The matches of one pattern, before tables are taken into account.</summary>
/// <param name="Files">Files or objects.</param>
/// <param name="IfNone">The error if there are none.</param>
internal sealed record PathMatches(IReadOnlyList<FoundShard> Files, string IfNone)
{
    /// <summary>The folder, if the pattern names one.</summary>
    public IShardFolder? Folder { get; init; }

    /// <summary>The beginning of the paths that the pattern names without wildcards, to a slash.</summary>
    public string Root { get; init; } = "";

    /// <summary>The path of a file behind that.</summary>
    public string Below(FoundShard file) => Root.Length > 0 && file.Source.Path.Length > Root.Length ? file.Source.Path[Root.Length..] : file.Source.Name;

    /// <summary>Whether the pattern names one file or object exactly.</summary>
    public bool IsExact { get; init; }

    /// <summary>Number of *.parquet files that are left out because a name begins with . or _.</summary>
    public int Hidden { get; init; }
}

/// <summary>Resolves files, globs and folders, also of an object store, to a sorted list of shards.</summary>
internal static class ShardPaths
{
    private const string Suffix = ".parquet";

    /// <summary>A path unchanged if it is absolute or has a scheme, else relative to a folder; an empty folder is the current one.</summary>
    public static string From(string folder, string path) => folder.Length == 0 || ShardStores.IsAddress(path) ? path : Path.Combine(folder, path);

    /// <summary>All of them.</summary>
    /// <exception cref="GpuCtrException">Usage: nothing matches, an empty folder, the same shard twice. Data: a table that cannot be read,
    /// a file that its table removed. InputOutput: no permission, no store.</exception>
    public static FoundShards Expand(IEnumerable<string> patterns, ShardStores stores)
    {
        List<FoundShard> found = [];
        IReadOnlyList<string> notes = List(patterns, stores, (_, live) => found.AddRange(live));
        return Sorted(found, notes);
    }

    /// <summary>The same, with files called valid or test beside others assigned to validation and test; each folder is listed once.</summary>
    /// <exception cref="GpuCtrException">See <see cref="Expand(IEnumerable{string}, ShardStores)"/>.</exception>
    public static IReadOnlyDictionary<RowSide, FoundShards> Sides(IEnumerable<string> patterns, ShardStores stores)
    {
        var sides = Enum.GetValues<RowSide>().ToDictionary(side => side, _ => (Found: new List<FoundShard>(), Notes: new List<string>()));
        IReadOnlyList<string> notes = List(patterns, stores, (matches, live) =>
        {
            ILookup<RowSide, FoundShard> divided = NamedSide.Divide(matches, live);
            foreach ((RowSide side, (List<FoundShard> found, List<string> told)) in sides)
            {
                found.AddRange(divided[side]);
                told.AddRange(NamedSide.Notes(matches, divided, side));
            }
        });
        return sides.ToDictionary(s => s.Key, s => Sorted(s.Value.Found, s.Key == RowSide.Train ? [.. notes, .. s.Value.Notes] : s.Value.Notes));
    }

    /// <summary>Lists the files that each pattern matches; returns a line for everything that was skipped or read through a table's log.</summary>
    private static IReadOnlyList<string> List(IEnumerable<string> patterns, ShardStores stores, Action<PathMatches, List<FoundShard>> take)
    {
        var tables = new TableFolders();
        int hidden = 0;
        bool any = false;
        foreach (string pattern in patterns)
        {
            any = true;
            try
            {
                PathMatches matches = ShardStores.IsAddress(pattern) ? StorePaths.Expand(pattern, stores.Of(pattern)) : Expand(pattern);
                List<FoundShard> live = tables.Live(matches, pattern);
                if (live.Count == 0)
                    throw GpuCtrException.UsageError(matches.IfNone + (matches.Hidden > 0 ? $"; {Left(matches.Hidden)}" : ""));
                take(matches, live);
                hidden += matches.Hidden;
            }
            catch (Exception e) when (e is UnauthorizedAccessException or IOException)
            {
                throw GpuCtrException.IoError($"{pattern}: cannot be listed ({e.Message}); check the permissions of the folder", e);
            }
        }

        return any ? [.. tables.Notes, .. hidden > 0 ? [Left(hidden)] : Array.Empty<string>()]
            : throw GpuCtrException.UsageError("no shards given; name Parquet files, a folder or a quoted pattern such as 'data/*.parquet'");
    }

    private static FoundShards Sorted(List<FoundShard> found, IReadOnlyList<string> notes)
    {
        found.Sort((a, b) => string.CompareOrdinal(a.Source.Path, b.Source.Path));
        RefuseDuplicates(found);
        return new FoundShards(found, notes);
    }

    /// <summary>Whether a path below a folder is a shard of that folder, or of its partitions (day=2024-01-01/) at any depth.</summary>
    public static bool IsShardOf(string path, bool hidden = false)
    {
        string[] parts = path.Split('/', '\\');
        return parts[^1].EndsWith(Suffix, StringComparison.Ordinal) && parts[..^1].All(FoundShard.IsPartition) && parts.Any(Glob.IsHidden) == hidden;
    }

    private static string Left(int hidden) =>
        $"{hidden} file(s) whose names, or whose folders' names, begin with _ or . were left out; name them exactly to read them";

    private static PathMatches Expand(string pattern)
    {
        if (File.Exists(pattern))
            return new([Found(Path.GetFullPath(pattern), pattern)], "") { IsExact = true };
        if (Directory.Exists(pattern))
        {
            string[] files = [.. FilesOf(pattern)];
            return new(
                [.. files.Where(f => IsShardOf(Path.GetRelativePath(pattern, f))).Select(f => Found(Path.GetFullPath(f), f))],
                $"{pattern}: the folder has no *.parquet file; name a folder with shards, or the files themselves")
            {
                Folder = new FileFolder(Path.TrimEndingDirectorySeparator(Path.GetFullPath(pattern))),
                Root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(pattern)) + Path.DirectorySeparatorChar,
                Hidden = files.Count(f => IsShardOf(Path.GetRelativePath(pattern, f), hidden: true)),
            };
        }

        return pattern.AsSpan().IndexOfAny('*', '?') >= 0 ? Matching(pattern) : throw GpuCtrException.UsageError($"{pattern}: no such file or folder; check the path");
    }

    private static FoundShard Found(string path, string named) => FoundShard.Of(new FileSource(path), named);

    private static IEnumerable<string> FilesOf(string folder) => Directory.GetFiles(folder, "*" + Suffix).Concat(
        Directory.GetDirectories(folder).Where(d => FoundShard.IsPartition(Path.GetFileName(d))).SelectMany(FilesOf));

    private static PathMatches Matching(string pattern)
    {
        string full = Path.GetFullPath(pattern).Replace('\\', '/');
        int wild = full.AsSpan().IndexOfAny('*', '?');
        int slash = full.LastIndexOf('/', wild);
        string root = full[..(slash + 1)], rest = full[(slash + 1)..];
        string above = Path.IsPathRooted(pattern) ? Path.GetPathRoot(full)! : Path.GetFullPath(".");
        string ifNone = $"no file matches '{pattern}' (looked from {Path.GetFullPath(".")}); check the pattern";
        if (!Directory.Exists(root))
            return new([], ifNone);
        var options = new EnumerationOptions { RecurseSubdirectories = rest.Contains('/') || rest.Contains("**", StringComparison.Ordinal), IgnoreInaccessible = true, AttributesToSkip = 0 };
        (Regex match, Regex any) = (Glob.Regex(rest), Glob.Regex(rest, takesHidden: true));
        ILookup<bool, string> files = Directory.EnumerateFiles(root, "*", options)
            .Where(file => any.IsMatch(Path.GetRelativePath(root, file).Replace('\\', '/')))
            .ToLookup(file => match.IsMatch(Path.GetRelativePath(root, file).Replace('\\', '/')));
        return new([.. files[true].Select(f => Found(f, Path.GetRelativePath(above, f)))], ifNone) { Root = root, Hidden = files[false].Count(IsParquet) };
    }

    /// <summary>Whether a file name ends in .parquet.</summary>
    public static bool IsParquet(string name) => name.EndsWith(Suffix, StringComparison.Ordinal);

    private static void RefuseDuplicates(List<FoundShard> found)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (IShardSource source in found.Select(f => f.Source))
        {
            string target = source.Target;
            if (!seen.TryAdd(target, source.Path))
                throw GpuCtrException.UsageError($"{source.Path}: the same file as {seen[target]}; its rows would count twice, so name it only once");
        }
    }
}
