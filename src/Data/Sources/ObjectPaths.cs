using System.Text.RegularExpressions;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Sources;

/// <summary>Resolves <c>s3://bucket/key</c>, a folder of keys or a pattern to objects, by the same rules as for files.</summary>
internal static class ObjectPaths
{
    /// <summary>Whether a pattern names objects.</summary>
    public static bool IsObject(string pattern) => pattern.StartsWith(ObjectStore.Scheme, StringComparison.OrdinalIgnoreCase);

    /// <exception cref="GpuCtrException">Usage: no bucket, no such bucket. InputOutput: no access, no server.</exception>
    public static PathMatches Expand(string pattern, ObjectStore store)
    {
        string[] parts = pattern[ObjectStore.Scheme.Length..].Split('/', 2);
        (string bucket, string key) = (parts[0], parts.Length > 1 ? parts[1] : "");
        if (bucket.Length == 0 || bucket.AsSpan().IndexOfAny('*', '?') >= 0)
            throw GpuCtrException.UsageError($"{pattern}: no bucket is named; write s3://bucket/folder/*.parquet");
        string ifNone = $"{pattern}: no such object, nor a *.parquet below it; check bucket and key";
        if (key.AsSpan().IndexOfAny('*', '?') >= 0)
            return Matching(bucket, key, store, ifNone);
        if (key.Length > 0 && !key.EndsWith('/') && store.Find(bucket, key) is { } one)
            return new([Found(one)], ifNone) { IsExact = true };
        string folder = key.Length == 0 || key.EndsWith('/') ? key : key + "/";
        IReadOnlyList<ObjectSource> below = store.List(bucket, folder);
        return new([.. below.Where(o => ShardPaths.IsShardOf(o.Key[folder.Length..])).Select(Found)], ifNone)
        {
            Folder = new ObjectFolder(store, bucket, folder),
            Root = $"{ObjectStore.Scheme}{bucket}/{folder}",
            Hidden = below.Count(o => ShardPaths.IsShardOf(o.Key[folder.Length..], hidden: true)),
        };
    }

    private static PathMatches Matching(string bucket, string key, ObjectStore store, string ifNone)
    {
        string prefix = key[..key.AsSpan().IndexOfAny('*', '?')];
        (Regex match, Regex any) = (Glob.Regex(key), Glob.Regex(key, takesHidden: true));
        ILookup<bool, ObjectSource> found = store.List(bucket, prefix).Where(o => any.IsMatch(o.Key)).ToLookup(o => match.IsMatch(o.Key));
        return new([.. found[true].Select(Found)], ifNone)
        {
            Root = $"{ObjectStore.Scheme}{bucket}/{prefix[..(prefix.LastIndexOf('/') + 1)]}",
            Hidden = found[false].Count(o => ShardPaths.IsParquet(o.Key)),
        };
    }

    private static FoundShard Found(ObjectSource source) => FoundShard.Of(source, source.Key);
}
