using System.Collections.Concurrent;
using System.Text;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Sources;

/// <summary>A store as one run uses it: waits for its answers, explains its failures, and remembers what it listed.</summary>
/// <param name="store">The store.</param>
/// <param name="run">All stores of the run.</param>
/// <param name="stop">Ends the run.</param>
internal sealed class StoreClient(ShardStore store, ShardStores run, CancellationToken stop)
{
    private readonly ConcurrentDictionary<string, StoreSource[]> listed = new(StringComparer.Ordinal);

    /// <summary>Number of bytes worth fetching at once.</summary>
    public int BytesPerRead => store.BytesPerRead;

    /// <summary>The address of a name.</summary>
    public string PathOf(string name) => ShardStores.Address(store.Scheme, name);

    /// <summary>Whether shards may be below a prefix; empty, or ends with a slash.</summary>
    public bool IsFolder(string prefix) => store.IsFolder(prefix);

    /// <summary>The shards whose names begin with a prefix, in ordinal order; null if the store lists nothing.</summary>
    /// <exception cref="GpuCtrException">InputOutput: the store fails.</exception>
    public IReadOnlyList<StoreSource>? List(string prefix)
    {
        if (listed.TryGetValue(prefix, out StoreSource[]? known))
            return known;
        return Listing(prefix) is { } shards ? listed[prefix] = [.. Each(prefix, shards, mayBeRefused: false).OrderBy(s => s.Key, StringComparer.Ordinal)] : null;
    }

    /// <summary>The same, one at a time; empty if listing is not allowed. Uses earlier listings if possible.</summary>
    /// <exception cref="GpuCtrException">InputOutput: the store fails.</exception>
    public IEnumerable<StoreSource> MayList(string prefix)
    {
        if (listed.Keys.FirstOrDefault(k => prefix.StartsWith(k, StringComparison.Ordinal)) is { } known)
            return Under(listed[known], prefix);
        return Listing(prefix) is { } shards ? Each(prefix, shards, mayBeRefused: true) : [];
    }

    /// <summary>The shard of that name; null if there is none.</summary>
    /// <exception cref="GpuCtrException">InputOutput: the store fails.</exception>
    public StoreSource? Find(string name) => Explained(PathOf(name), () => Wait(store.FindAsync(name, stop))) is { } shard ? new StoreSource(this, shard) : null;

    /// <summary>The same in a folder, beside shards: null as well where the store lists nothing.</summary>
    /// <exception cref="GpuCtrException">InputOutput: the store fails.</exception>
    public StoreSource? FindBeside(string name) => Listing(name) is null ? null : Find(name);

    /// <summary>The same to be read: a store that lists nothing has it if it opens it.</summary>
    /// <exception cref="GpuCtrException">InputOutput: the store fails.</exception>
    public StoreSource? FindToRead(string name) => Find(name) is { } source && source.Exists() ? source : null;

    /// <summary>A stream of a shard, and whether it is a temporary file that the run keeps; null if there is no such shard.</summary>
    /// <exception cref="GpuCtrException">InputOutput: the store fails; no space for the file.</exception>
    public (Stream Stream, bool IsKept)? Open(StoredShard shard)
    {
        string path = PathOf(shard.Name);
        Stream? stream = Explained(path, () => Opened(shard));
        if (stream is null)
            return null;
        if (!stream.CanRead)
            throw GpuCtrException.IoError(new DataPlace(path), $"the store of {store.Scheme}:// gave a stream that is closed; each call has to open a new one");
        if (stream.CanSeek && !store.OpensOnce)
            return (stream, false);
        if (!stream.CanSeek)
            stream = Copy(path, stream);
        run.Keep(stream);
        return (stream, true);
    }

    /// <summary>The whole shard as UTF-8.</summary>
    /// <exception cref="GpuCtrException">InputOutput: the store fails, or has no such shard.</exception>
    public string ReadText(string name)
    {
        StoreSource source = Find(name) ?? throw GpuCtrException.IoError(new DataPlace(PathOf(name)), "the store does not have it any more");
        byte[] text = new byte[source.LengthBytes];
        using IShardBytes bytes = source.Open();
        for (int at = 0, read = 1; at < text.Length && read > 0; at += read)
            read = bytes.Read(at, text.AsSpan(at));
        return Encoding.UTF8.GetString(text);
    }

    /// <summary>Writes a text.</summary>
    /// <exception cref="GpuCtrException">Usage: the store is only read. InputOutput: it fails.</exception>
    public void WriteText(string name, string text) => Explained(PathOf(name), () =>
    {
        store.WriteText(name, text);
        return true;
    });

    /// <summary>Asks the store.</summary>
    /// <param name="path">What it is asked about.</param>
    /// <param name="request">The request.</param>
    /// <exception cref="GpuCtrException">Whatever it throws, but for the end of the run.</exception>
    public T Explained<T>(string path, Func<T> request)
    {
        try
        {
            return request();
        }
        catch (Exception e) when (IsOfStore(e))
        {
            throw store.Explain(path, e);
        }
    }

    /// <summary>Whether an exception is one of the store, which has to be explained.</summary>
    public bool IsOfStore(Exception e) => e is not GpuCtrException && !(e is OperationCanceledException && stop.IsCancellationRequested);

    /// <summary>The error that an exception of the store means.</summary>
    public GpuCtrException Explain(string path, Exception e) => store.Explain(path, e);

    // Runs have threads of their own, so no task waits for the thread that waits for it.
    private static T Wait<T>(ValueTask<T> answer) => answer.IsCompletedSuccessfully ? answer.Result : answer.AsTask().GetAwaiter().GetResult();

    private IAsyncEnumerable<StoredShard>? Listing(string prefix) => Explained(PathOf(prefix), () => store.ListAsync(prefix, stop));

    private IEnumerable<StoreSource> Each(string prefix, IAsyncEnumerable<StoredShard> shards, bool mayBeRefused)
    {
        string path = PathOf(prefix);
        IAsyncEnumerator<StoredShard> each = shards.GetAsyncEnumerator(stop);
        try
        {
            while (Explained(path, Next))
                yield return new StoreSource(this, each.Current);
        }
        finally
        {
            each.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        bool Next()
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                return Wait(each.MoveNextAsync());
            }
            catch (Exception e) when (mayBeRefused && store.IsRefusal(e))
            {
                return false;
            }
        }
    }

    private static IEnumerable<StoreSource> Under(StoreSource[] sorted, string prefix)
    {
        int from = 0;
        for (int to = sorted.Length; from < to;)
        {
            int middle = (from + to) / 2;
            (from, to) = string.CompareOrdinal(sorted[middle].Key, prefix) < 0 ? (middle + 1, to) : (from, middle);
        }

        return sorted.Skip(from).TakeWhile(o => o.Key.StartsWith(prefix, StringComparison.Ordinal));
    }

    private Stream? Opened(StoredShard shard)
    {
        try
        {
            return Wait(store.OpenAsync(shard, stop));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or KeyNotFoundException)
        {
            return null;
        }
    }

    private FileStream Copy(string path, Stream stream)
    {
        FileStream? file = null;
        try
        {
            using (stream)
                stream.CopyToAsync(file = TemporaryFile.Create(), stop).GetAwaiter().GetResult();
            return file;
        }
        catch (Exception e)
        {
            file?.Dispose();
            if (IsOfStore(e))
                throw GpuCtrException.IoError(new DataPlace(path), $"its stream cannot seek, and cannot be copied to the folder for temporary files ({ShardReader.Reason(e)})", e);
            throw;
        }
    }
}
