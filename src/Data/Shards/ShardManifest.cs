using System.Globalization;
using System.Text.Json;
using GpuCtr.Data.Sources;

namespace GpuCtr.Data.Shards;

/// <summary>
/// The expected content of the shards of a folder: size, rows and XXH3 of each whole file, in a file beside them. Parquet
/// itself detects few flipped bits; a manifest detects all of them.
/// </summary>
internal static class ShardManifest
{
    /// <summary>Name of the file; readers of data folders skip names that begin with an underscore.</summary>
    public const string FileName = "_manifest.json";

    private const int Format = 1;

    private static readonly JsonSerializerOptions json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private sealed record Entry(long Bytes, long Rows, string Xxh3);

    private sealed record Content(int Format, SortedDictionary<string, Entry> Shards);

    /// <summary>Checks that no manifest would overwrite a shard.</summary>
    /// <exception cref="GpuCtrException">Usage.</exception>
    public static void CheckNames(ShardSet shards)
    {
        if (shards.Shards.FirstOrDefault(s => s.Name == FileName) is { } shard)
            throw GpuCtrException.UsageError($"{shard.Path}: this shard has the name of the manifest, which would overwrite it; rename the shard");
    }

    /// <summary>Writes a manifest into every folder with shards of the set; returns their paths.</summary>
    /// <exception cref="GpuCtrException">InputOutput: unreadable or not writable.</exception>
    public static IReadOnlyList<string> Write(ShardSet shards, int workers)
    {
        Workers.Run(shards.Shards.Count, workers, (i, _) => shards.Shards[i].ContentHash());
        List<string> written = [];
        foreach (IGrouping<IShardFolder, Shard> folder in shards.Shards.GroupBy(s => s.Folder))
        {
            string path = folder.Key.PathOf(FileName);
            var entries = folder.ToDictionary(s => s.Name, s => new Entry(s.LengthBytes, s.Rows, Text(s.ContentHash())));
            try
            {
                folder.Key.WriteText(FileName, JsonSerializer.Serialize(new Content(Format, new(entries, StringComparer.Ordinal)), json) + "\n");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw GpuCtrException.IoError(new DataPlace(path), $"cannot be written ({e.Message}); check space and permissions", e);
            }

            written.Add(path);
        }

        return written;
    }

    /// <summary>Verifies shards against the manifests beside them; returns one line per manifest.</summary>
    /// <exception cref="GpuCtrException">Data: a shard differs from its entry, or the manifest is damaged.</exception>
    public static IReadOnlyList<string> Verify(IReadOnlyList<Shard> shards, int workers)
    {
        List<string> notes = [];
        foreach (IGrouping<IShardFolder, Shard> folder in shards.GroupBy(s => s.Folder))
        {
            if (!folder.Key.Has(FileName))
                continue;
            string path = folder.Key.PathOf(FileName);
            Content content = Read(folder.Key);
            Shard[] listed = [.. folder.Where(s => content.Shards.ContainsKey(s.Name))];
            Workers.Run(listed.Length, workers, (i, _) => Verify(listed[i], content.Shards[listed[i].Name], path));
            int unlisted = folder.Count() - listed.Length, absent = content.Shards.Keys.Except(listed.Select(s => s.Name)).Count(name => !folder.Key.Has(name));
            notes.Add($"{path}: {listed.Length} shard(s) are as listed{(unlisted > 0 ? $", {unlisted} not listed" : "")}{(absent > 0 ? $", {absent} listed but not there" : "")}");
        }

        return notes;
    }

    private static void Verify(Shard shard, Entry entry, string manifest)
    {
        const string advice = "restore the file, or renew the manifest with gpu-ctr inspect --write-manifest";
        if (shard.LengthBytes != entry.Bytes)
            throw GpuCtrException.DataError(new DataPlace(shard.Path), $"it has {shard.LengthBytes} bytes, {manifest} lists {entry.Bytes}; {advice}");
        if (Text(shard.ContentHash()) is var found && found != entry.Xxh3)
            throw GpuCtrException.DataError(new DataPlace(shard.Path), $"its content has the XXH3 {found}, {manifest} lists {entry.Xxh3}; {advice}");
    }

    private static Content Read(IShardFolder folder)
    {
        string path = folder.PathOf(FileName);
        try
        {
            Content content = JsonSerializer.Deserialize<Content>(folder.ReadText(FileName), json) ?? throw new JsonException("it is empty");
            if (content.Shards is null || content.Shards.Values.Any(e => e?.Xxh3 is null))
                throw new JsonException("an entry is incomplete");
            return content.Format == Format ? content : throw new JsonException($"format {content.Format}, this version reads {Format}");
        }
        catch (JsonException e)
        {
            throw GpuCtrException.DataError(new DataPlace(path), $"damaged ({ShardReader.Reason(e)}); renew it with gpu-ctr inspect --write-manifest, or remove it", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GpuCtrException.IoError(new DataPlace(path), $"cannot be read ({e.Message}); check its permissions", e);
        }
    }

    private static string Text(ulong hash) => hash.ToString("x16", CultureInfo.InvariantCulture);
}
