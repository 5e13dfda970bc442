namespace GpuCtr.Data.Sources;

/// <summary>The stores that one run reads from. Nothing of it outlives the run: neither listings nor temporary files.</summary>
/// <param name="own">Stores of the caller, which take precedence.</param>
/// <param name="stop">Ends the run.</param>
internal sealed class ShardStores(IReadOnlyList<ShardStore> own, CancellationToken stop = default) : IDisposable
{
    private const string Mark = "://";

    private readonly Dictionary<string, StoreClient> clients = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<IDisposable> kept = [];

    /// <summary>Whether a pattern is an address of a store and no path of a file.</summary>
    public static bool IsAddress(string pattern) => pattern.IndexOf(Mark, StringComparison.Ordinal) is > 0 and var at && pattern.AsSpan(0, at).IndexOfAny('/', '\\', '*') < 0;

    /// <summary>An address without its scheme.</summary>
    public static string NameIn(string address) => address[(address.IndexOf(Mark, StringComparison.Ordinal) + Mark.Length)..];

    /// <summary>The address of a name.</summary>
    public static string Address(string scheme, string name) => scheme + Mark + name;

    /// <summary>The store that opens an address.</summary>
    /// <exception cref="GpuCtrException">Usage: there is none, or there are two.</exception>
    public StoreClient Of(string address)
    {
        string scheme = address[..address.IndexOf(Mark, StringComparison.Ordinal)];
        if (!clients.TryGetValue(scheme, out StoreClient? client))
            clients[scheme] = client = new StoreClient(StoreOf(scheme, address), this, stop);
        return client;
    }

    /// <summary>Keeps a file until the run ends.</summary>
    public void Keep(IDisposable file)
    {
        lock (kept)
            kept.Add(file);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable file in kept)
            file.Dispose();
        kept.Clear();
    }

    private ShardStore StoreOf(string scheme, string address) => own.Where(s => s.Scheme.Equals(scheme, StringComparison.OrdinalIgnoreCase)).ToArray() switch
    {
        [var store] => store,
        [] when scheme.Equals(ObjectStore.S3, StringComparison.OrdinalIgnoreCase) => new ObjectStore(),
        [] => throw GpuCtrException.UsageError($"{address}: no store opens {scheme}{Mark}; {ObjectStore.S3}{Mark} is read everywhere, and other addresses by programs that give a store for them (Stores)"),
        _ => throw GpuCtrException.UsageError($"{address}: two stores open {scheme}{Mark}; give each a scheme of its own"),
    };
}
