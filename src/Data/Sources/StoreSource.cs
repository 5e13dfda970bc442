using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;

namespace GpuCtr.Data.Sources;

/// <summary>A shard of a store.</summary>
/// <param name="client">Its store.</param>
/// <param name="shard">As the store lists it.</param>
internal sealed class StoreSource(StoreClient client, StoredShard shard) : IShardSource
{
    private const long Unknown = -1;

    private readonly Lock opening = new();
    private long length = shard.LengthBytes ?? Unknown; // bytes
    private KeptBytes? kept;
    private string? keptVersion;

    /// <summary>Its name, without the scheme.</summary>
    public string Key => shard.Name;

    public string Path => client.PathOf(Key);

    public string Name => Key[(Key.LastIndexOf('/') + 1)..];

    public string Target => Path;

    public IShardFolder Folder => new StoreFolder(client, Key[..(Key.LastIndexOf('/') + 1)]);

    public long LengthBytes
    {
        get
        {
            if (Volatile.Read(ref length) == Unknown)
                Open().Dispose();
            return Volatile.Read(ref length);
        }
    }

    public string Version => shard.Version ?? (kept is null ? "" : keptVersion ??= kept.Hash());

    public bool VersionIsContent => shard.Version is not null || kept is not null;

    public int BufferBytes => client.BytesPerRead;

    /// <summary>Whether the store has it, where the store did not say so by its size.</summary>
    public bool Exists()
    {
        if (length != Unknown)
            return true;
        using IShardBytes? opened = TryOpen();
        return opened is not null;
    }

    public IShardBytes Open() => TryOpen() ?? throw GpuCtrException.IoError(new DataPlace(Path), "the store does not have it (any more); restore it, and resume if a run stopped here");

    private IShardBytes? TryOpen()
    {
        lock (opening)
        {
            if (kept is not null || client.Open(shard) is not (Stream stream, bool isKept))
                return kept;
            CheckLength(stream);
            return isKept ? kept = new KeptBytes((FileStream)stream) : new StreamBytes(client, Path, stream);
        }
    }

    private void CheckLength(Stream stream)
    {
        long found = client.Explained(Path, () => stream.Length);
        if (length == Unknown)
            Volatile.Write(ref length, found);
        if (found == length)
            return;
        stream.Dispose();
        throw GpuCtrException.DataError(
            new DataPlace(Path), $"it had {length} bytes, and its stream has {found}: it changed during the run, or is cut short; start again with shards that stay as they are");
    }

    /// <summary>The stream of a caller, which may throw anything.</summary>
    private sealed class StreamBytes(StoreClient client, string path, Stream stream) : IShardBytes
    {
        public int Read(long at, Span<byte> target)
        {
            try
            {
                if (stream.Position != at)
                    stream.Seek(at, SeekOrigin.Begin);
                int count = stream.Read(target);
                if (count == 0 && target.Length > 0 && at < stream.Length)
                    throw GpuCtrException.DataError(new DataPlace(path), $"its stream ends after {at} of {stream.Length} bytes; write it again, or correct the stream");
                return count;
            }
            catch (Exception e) when (client.IsOfStore(e))
            {
                throw client.Explain(path, e);
            }
        }

        public void Dispose() => stream.Dispose();
    }

    /// <summary>A temporary file, which all threads read at once until the run ends.</summary>
    private sealed class KeptBytes(FileStream file) : IShardBytes
    {
        private readonly SafeFileHandle handle = file.SafeFileHandle;

        public int Read(long at, Span<byte> target) => RandomAccess.Read(handle, target, at);

        /// <summary>Of the whole content, in the form of <see cref="Shards.Shard.ContentKey"/>.</summary>
        public string Hash()
        {
            XxHash3 hash = new();
            byte[] buffer = new byte[1 << 18];
            long at = 0;
            for (int read; (read = Read(at, buffer)) > 0; at += read)
                hash.Append(buffer.AsSpan(0, read));
            return $"xxh3 {hash.GetCurrentHashAsUInt64():x16}";
        }

        public void Dispose()
        {
        }
    }
}

/// <summary>A folder of a store: the shards whose names have a common prefix.</summary>
/// <param name="Client">The store.</param>
/// <param name="Prefix">Empty, or ends with a slash.</param>
internal sealed record StoreFolder(StoreClient Client, string Prefix) : IShardFolder
{
    public string Path => PathOf("");

    public IShardFolder? Parent => Prefix.Length > 0 && Prefix[..(Prefix[..^1].LastIndexOf('/') + 1)] is var above && Client.IsFolder(above) ? this with { Prefix = above } : null;

    public string PathOf(string name) => Client.PathOf(Prefix + name);

    public IEnumerable<string> NamesIn(string folder)
    {
        string below = $"{Prefix}{folder}/";
        return Client.MayList(below).Select(o => o.Key[below.Length..]).Where(name => name.Length > 0 && !name.Contains('/'));
    }

    public IShardSource? Find(string name) => Client.FindBeside(Prefix + name);

    public bool Has(string name) => Find(name) is not null;

    public string ReadText(string name) => Client.ReadText(Prefix + name);

    public void WriteText(string name, string text) => Client.WriteText(Prefix + name, text);
}
