using System.Text.RegularExpressions;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Sources;

/// <summary>Resolves the address of a shard, of a folder of names or a pattern to shards of a store, by the same rules as for files.</summary>
internal static class StorePaths
{
    /// <exception cref="GpuCtrException">Usage: nothing is named, or the store lists nothing. InputOutput: the store fails.</exception>
    public static PathMatches Expand(string pattern, StoreClient client)
    {
        string name = ShardStores.NameIn(pattern), ifNone = $"{pattern}: no such object, nor a *.parquet below it; check the name";
        if (name.AsSpan().IndexOfAny('*', '?') >= 0)
            return Matching(pattern, name, client, ifNone);
        if (name.Length > 0 && !name.EndsWith('/') && client.FindToRead(name) is { } one)
            return new([Found(one)], ifNone) { IsExact = true };
        string folder = name.Length == 0 || name.EndsWith('/') ? name : name + "/";
        IReadOnlyList<StoreSource> below = client.List(folder) ?? throw GpuCtrException.UsageError($"{pattern}: no such shard; check the name (this store lists nothing, so that each shard is named by itself)");
        return new([.. below.Where(o => ShardPaths.IsShardOf(o.Key[folder.Length..])).Select(Found)], ifNone)
        {
            Folder = new StoreFolder(client, folder),
            Root = client.PathOf(folder),
            Hidden = below.Count(o => ShardPaths.IsShardOf(o.Key[folder.Length..], hidden: true)),
        };
    }

    private static PathMatches Matching(string pattern, string name, StoreClient client, string ifNone)
    {
        string prefix = name[..name.AsSpan().IndexOfAny('*', '?')];
        (Regex match, Regex any) = (Glob.Regex(name), Glob.Regex(name, takesHidden: true));
        IReadOnlyList<StoreSource> listed = client.List(prefix) ?? throw GpuCtrException.UsageError($"{pattern}: this store lists nothing, so that patterns match nothing; name each shard by itself");
        ILookup<bool, StoreSource> found = listed.Where(o => any.IsMatch(o.Key)).ToLookup(o => match.IsMatch(o.Key));
        return new([.. found[true].Select(Found)], ifNone)
        {
            Root = client.PathOf(prefix[..(prefix.LastIndexOf('/') + 1)]),
            Hidden = found[false].Count(o => ShardPaths.IsParquet(o.Key)),
        };
    }

    private static FoundShard Found(StoreSource source) => FoundShard.Of(source, source.Key);
}
