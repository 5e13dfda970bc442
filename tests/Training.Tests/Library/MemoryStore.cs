using System.Collections.Concurrent;
using GpuCtr.Data.Sources;

namespace GpuCtr.Training.Tests.Library;

/// <summary>A store that a program could have: shards in memory, with failures on request.</summary>
internal sealed class MemoryStore(string scheme = "mem") : ShardStore(scheme)
{
    public ConcurrentDictionary<string, byte[]> Shards { get; } = new(StringComparer.Ordinal);

    /// <summary>Names in the order in which they were opened.</summary>
    public ConcurrentQueue<string> Opened { get; } = [];

    public bool Lists { get; init; } = true;

    /// <summary>Makes the stream of some bytes.</summary>
    public Func<byte[], Stream> Stream { get; set; } = bytes => new MemoryStream(bytes, writable: false);

    /// <summary>What the list says of a shard.</summary>
    public Func<string, byte[], StoredShard> Listed { get; set; } = (name, bytes) => new(name, bytes.Length);

    public override ValueTask<Stream?> OpenAsync(StoredShard shard, CancellationToken cancellationToken)
    {
        Opened.Enqueue(shard.Name);
        return new(Shards.TryGetValue(shard.Name, out byte[]? bytes) ? Stream(bytes) : null);
    }

    public override IAsyncEnumerable<StoredShard>? ListAsync(string prefix, CancellationToken cancellationToken) =>
        Lists ? Shards.Where(s => s.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(s => Listed(s.Key, s.Value)).ToAsyncEnumerable() : null;
}

/// <summary>A stream that only goes forward, as those of databases and connections do.</summary>
internal sealed class ForwardStream(byte[] bytes) : MemoryStream(bytes, writable: false)
{
    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override long Seek(long offset, SeekOrigin loc) => throw new NotSupportedException();
}
