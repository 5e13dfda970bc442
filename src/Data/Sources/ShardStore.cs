using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Sources;

/// <summary>
/// Shards that a program opens by itself: blobs of a store, rows of a table of blobs, memory. Their addresses are <c>scheme://name</c>, and options take
/// them wherever they take files.
/// </summary>
/// <remarks>
/// A run calls a store from several threads, waits for each answer, and keeps nothing when it ends. Whatever a store throws becomes a
/// <see cref="GpuCtrException"/> that names the address and has the exception inside.
/// <code>
/// ShardStore blobs = ShardStore.Of("az", async (shard, stop) => await container.GetBlobClient(shard.Name).OpenReadAsync(cancellationToken: stop));
/// TrainOptions options = new() { Shards = ["az://day1.parquet"], Stores = [blobs] };
/// </code>
/// </remarks>
public abstract class ShardStore
{
    /// <param name="scheme">What addresses begin with: letters, digits, and +, - or . after the first letter; upper and lower case are the same.</param>
    /// <exception cref="ArgumentException">It has other characters.</exception>
    protected ShardStore(string scheme)
    {
        ArgumentException.ThrowIfNullOrEmpty(scheme);
        if (!char.IsAsciiLetter(scheme[0]) || !scheme.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.'))
            throw new ArgumentException($"'{scheme}' is no scheme of addresses; write letters and digits, such as az", nameof(scheme));
        Scheme = scheme;
    }

    /// <summary>What addresses begin with, before <c>://</c>.</summary>
    public string Scheme { get; }

    /// <summary>Number of bytes worth fetching at once, of a stream that does not fetch ahead by itself.</summary>
    public virtual int BytesPerRead => 1 << 20;

    /// <summary>Opens a shard: a new stream at each call, because several threads read a shard at once; null if there is none.</summary>
    /// <remarks>A stream that cannot seek is copied to a temporary file, once in a run.</remarks>
    /// <param name="shard">As it was listed: its <see cref="StoredShard.Version"/> is the one to open, or to fail for if it is gone.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public abstract ValueTask<Stream?> OpenAsync(StoredShard shard, CancellationToken cancellationToken);

    /// <summary>
    /// The shards whose names begin with a prefix, in any order; null if this store lists nothing: shards are then named one by one, and there are neither
    /// manifests nor tables.
    /// </summary>
    /// <param name="prefix">Empty for all; it may end within a name.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public virtual IAsyncEnumerable<StoredShard>? ListAsync(string prefix, CancellationToken cancellationToken) => null;

    /// <summary>The shard of exactly that name; null if there is none. Without an implementation it is looked for in the list, or opened.</summary>
    /// <param name="name">The name, without the scheme.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public virtual async ValueTask<StoredShard?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (ListAsync(name, cancellationToken) is not { } listed)
            return new StoredShard(name);
        await foreach (StoredShard shard in listed.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (shard.Name == name)
                return shard;
        }

        return null;
    }

    /// <summary>A store of functions.</summary>
    /// <param name="scheme">What addresses begin with.</param>
    /// <param name="open">See <see cref="OpenAsync"/>.</param>
    /// <param name="list">See <see cref="ListAsync"/>; null: shards are named one by one.</param>
    /// <exception cref="ArgumentException">The scheme has characters that addresses do not have there.</exception>
    public static ShardStore Of(
        string scheme, Func<StoredShard, CancellationToken, ValueTask<Stream?>> open, Func<string, CancellationToken, IAsyncEnumerable<StoredShard>>? list = null)
    {
        ArgumentNullException.ThrowIfNull(open);
        return new OfFunctions(scheme, open, list);
    }

    /// <summary>Whether opening a shard makes its bytes anew, so that a run opens it once and reads the stream, which is a file, until it ends.</summary>
    internal virtual bool OpensOnce => false;

    /// <summary>Whether shards may be below a prefix; empty, or ends with a slash.</summary>
    internal virtual bool IsFolder(string prefix) => true;

    /// <summary>Whether an exception says that listing is not allowed.</summary>
    internal virtual bool IsRefusal(Exception e) => e is UnauthorizedAccessException;

    /// <summary>The error that an exception of this store means.</summary>
    internal virtual GpuCtrException Explain(string path, Exception e) =>
        GpuCtrException.IoError(new DataPlace(path), $"the store of {Scheme}:// failed ({e.GetType().Name}: {ShardReader.Reason(e)})", e);

    /// <summary>Writes a text beside shards.</summary>
    internal virtual void WriteText(string name, string text) => throw GpuCtrException.UsageError($"{Scheme}://{name}: nothing can be written to this store");

    private sealed class OfFunctions(
        string scheme, Func<StoredShard, CancellationToken, ValueTask<Stream?>> open, Func<string, CancellationToken, IAsyncEnumerable<StoredShard>>? list) : ShardStore(scheme)
    {
        public override ValueTask<Stream?> OpenAsync(StoredShard shard, CancellationToken cancellationToken) => open(shard, cancellationToken);

        public override IAsyncEnumerable<StoredShard>? ListAsync(string prefix, CancellationToken cancellationToken) => list?.Invoke(prefix, cancellationToken);
    }
}

/// <summary>A shard of a <see cref="ShardStore"/>.</summary>
/// <param name="Name">Its name, without the scheme. Slashes divide it into folders, which may be partitions: <c>day=2024-01-31/0.parquet</c>.</param>
/// <param name="LengthBytes">Its size, if the store knows it before it is opened.</param>
/// <param name="Version">
/// Differs whenever the content does, such as an ETag. A run that resumes and the caches then know the content without reading it. Null: they read it, as they do files.
/// </param>
public sealed record StoredShard(string Name, long? LengthBytes = null, string? Version = null);
