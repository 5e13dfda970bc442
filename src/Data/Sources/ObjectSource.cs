namespace GpuCtr.Data.Sources;

/// <summary>A shard that is an object of a store. Every read requests a range of this version of the object; no connection is held.</summary>
/// <param name="store">Where it is.</param>
/// <param name="bucket">Its bucket.</param>
/// <param name="key">Its key.</param>
/// <param name="lengthBytes">Size when it was listed.</param>
/// <param name="etag">ETag when it was listed.</param>
internal sealed class ObjectSource(ObjectStore store, string bucket, string key, long lengthBytes, string etag) : IShardSource, IShardBytes
{
    // Connections may break. Received bytes are kept, so only reads that receive nothing count as failed tries.
    private const int Tries = 4;

    /// <summary>The key of the object.</summary>
    public string Key => key;

    public string Path => ObjectStore.PathOf(bucket, key);

    public string Name => key[(key.LastIndexOf('/') + 1)..];

    public string Target => Path;

    public IShardFolder Folder => new ObjectFolder(store, bucket, key[..(key.LastIndexOf('/') + 1)]);

    public long LengthBytes => lengthBytes;

    public string Version => etag;

    public bool VersionIsContent => true;

    /// <summary>Large, because a request takes tens of milliseconds until its first byte.</summary>
    public int BufferBytes => 4 << 20;

    public IShardBytes Open() => this;

    public int Read(long at, Span<byte> target)
    {
        target = target[..(int)Math.Min(target.Length, Math.Max(0, lengthBytes - at))];
        for (int tried = 1; !target.IsEmpty; tried++)
        {
            int count = store.Read(bucket, key, etag, at, target, mayFail: tried < Tries);
            if (count > 0)
                return count;
        }

        return 0;
    }

    public void Dispose()
    {
    }
}

/// <summary>A folder of objects: those whose keys have a common prefix.</summary>
/// <param name="Store">Where they are.</param>
/// <param name="Bucket">Their bucket.</param>
/// <param name="Prefix">Empty, or ends with a slash.</param>
internal sealed record ObjectFolder(ObjectStore Store, string Bucket, string Prefix) : IShardFolder
{
    public string Path => PathOf("");

    public IShardFolder? Parent => Prefix.Length == 0 ? null : this with { Prefix = Prefix[..(Prefix[..^1].LastIndexOf('/') + 1)] };

    public string PathOf(string name) => ObjectStore.PathOf(Bucket, Prefix + name);

    public IEnumerable<string> NamesIn(string folder)
    {
        string below = $"{Prefix}{folder}/";
        return Store.MayList(Bucket, below).Select(o => o.Key[below.Length..]).Where(name => name.Length > 0 && !name.Contains('/'));
    }

    public IShardSource? Find(string name) => Store.Find(Bucket, Prefix + name);

    public bool Has(string name) => Store.Find(Bucket, Prefix + name) is not null;

    public string ReadText(string name) => Store.ReadText(Bucket, Prefix + name);

    public void WriteText(string name, string text) => Store.WriteText(Bucket, Prefix + name, text);
}
