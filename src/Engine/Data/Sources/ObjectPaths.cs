using System.Text.RegularExpressions;

namespace GpuCtr.Engine.Data;

/// <summary>Turns <c>s3://bucket/key</c>, a folder of keys or a pattern into objects, by the rules that hold for files.</summary>
internal static class ObjectPaths
{
    /// <summary>Whether the user means objects.</summary>
    public static bool IsObject(string pattern) => pattern.StartsWith(ObjectStore.Scheme, StringComparison.OrdinalIgnoreCase);

    /// <exception cref="Failure">Usage: nothing matches, no such bucket. InputOutput: no access, no server.</exception>
    public static IEnumerable<FoundShard> Expand(string pattern, ObjectStore store)
    {
        string[] parts = pattern[ObjectStore.Scheme.Length..].Split('/', 2);
        (string bucket, string key) = (parts[0], parts.Length > 1 ? parts[1] : "");
        if (bucket.Length == 0 || bucket.AsSpan().IndexOfAny('*', '?') >= 0)
            throw Failure.BadUsage($"{pattern}: no bucket is named; write s3://bucket/folder/*.parquet");
        ObjectSource[] found = [.. key.AsSpan().IndexOfAny('*', '?') < 0 ? Named(bucket, key, store) : Matching(bucket, key, store)];
        return found.Length > 0
            ? found.Select(o => FoundShard.Of(o, o.Key))
            : throw Failure.BadUsage($"{pattern}: no such object, nor a *.parquet below it; check bucket and key");
    }

    private static IEnumerable<ObjectSource> Named(string bucket, string key, ObjectStore store)
    {
        if (key.Length > 0 && !key.EndsWith('/') && store.Find(bucket, key) is { } one)
            return [one];
        string folder = key.Length == 0 || key.EndsWith('/') ? key : key + "/";
        return store.List(bucket, folder).Where(o => IsShardOf(o.Key.AsSpan(folder.Length)));
    }

    private static IEnumerable<ObjectSource> Matching(string bucket, string key, ObjectStore store)
    {
        Regex match = Glob.Regex(key);
        return store.List(bucket, key[..key.AsSpan().IndexOfAny('*', '?')]).Where(o => match.IsMatch(o.Key));
    }

    /// The shards of a folder, and those of its partitions (day=2024-01-01/) at any depth.
    private static bool IsShardOf(ReadOnlySpan<char> rest)
    {
        string[] parts = rest.ToString().Split('/');
        return parts[^1].EndsWith(".parquet", StringComparison.Ordinal) && parts[..^1].All(FoundShard.IsPartition);
    }
}
