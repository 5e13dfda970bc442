using System.Collections.Concurrent;
using System.Data.Common;
using System.Runtime.CompilerServices;
using GpuCtr.Data.Sources;

namespace GpuCtr.Data.Rows;

/// <summary>Rows of a program as shards: sequences of objects, whose properties are columns.</summary>
/// <remarks>
/// <code>
/// RowStore rows = new();
/// TrainOptions options = new() { Shards = [rows.Add("clicks", clicks)], Stores = [rows] };
/// </code>
/// <para>
/// Each run that reads a sequence enumerates it once, on one thread, into a temporary Parquet file, so that it need not fit into memory and may come from a
/// query. From there on rows are those of a file: the roles of columns follow the same rules, and the same values end in the same weights.
/// </para>
/// <para>
/// A column has the name of its property in lower case with underscores: <c>HistItem</c> is <c>hist_item</c>.
/// <see cref="System.ComponentModel.DataAnnotations.Schema.ColumnAttribute"/> gives another name, and
/// <see cref="System.ComponentModel.DataAnnotations.Schema.NotMappedAttribute"/> leaves a property out. Types are strings, integers, <see cref="float"/>,
/// <see cref="double"/>, <see cref="decimal"/>, <see cref="bool"/>, enums (by name), <see cref="Guid"/>, <see cref="DateTime"/>, <see cref="DateTimeOffset"/>,
/// <see cref="DateOnly"/>, their nullable forms, and arrays, lists and other sequences of them.
/// </para>
/// </remarks>
/// <param name="scheme">What its addresses begin with; two stores of a run differ in it.</param>
public sealed class RowStore(string scheme = "rows") : ShardStore(scheme)
{
    private readonly ConcurrentDictionary<string, Func<Stream, CancellationToken, Task>> sequences = new(StringComparer.Ordinal);

    /// <summary>Adds rows; returns their address, to be named where shards are. Nothing is enumerated yet.</summary>
    /// <param name="name">A name of the caller, for messages and config.json.</param>
    /// <param name="rows">The rows; each run that reads them enumerates them once.</param>
    /// <exception cref="ArgumentException">The name is taken or has characters of patterns; the type has no property, or one of a type that is no column.</exception>
    public string Add<T>(string name, IAsyncEnumerable<T> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        Func<RowColumn<T>[]> columns = RowColumns.Of<T>();
        return Add(name, path => new RowFile<T>(path, columns), rows);
    }

    /// <summary>The same of rows that are there without waiting.</summary>
    /// <inheritdoc cref="Add{T}(string, IAsyncEnumerable{T})"/>
    public string Add<T>(string name, IEnumerable<T> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return Add(name, rows.ToAsyncEnumerable());
    }

    /// <summary>The same of the rows of a query, whose columns keep their names; they can be read by one run only.</summary>
    /// <param name="name">A name of the caller, for messages and config.json.</param>
    /// <param name="rows">The reader, before its first row; the caller disposes it after the run.</param>
    /// <exception cref="ArgumentException">The name is taken or has characters of patterns; there is no column, or one of a type that is no column here.</exception>
    public string Add(string name, DbDataReader rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        Func<RowColumn<DbDataReader>[]> columns = RowColumns.Of(rows);
        int runs = 0;
        return Add(name, path => new RowFile<DbDataReader>(path, columns), Once());

        async IAsyncEnumerable<DbDataReader> Once([EnumeratorCancellation] CancellationToken stop = default)
        {
            if (Interlocked.Increment(ref runs) > 1)
                throw new InvalidOperationException("another run has read this DbDataReader; add a new one for each run");
            while (await rows.ReadAsync(stop).ConfigureAwait(false))
                yield return rows;
        }
    }

    /// <summary>The rows as one Parquet file, which is gone when the stream is closed; null if there are none of that name.</summary>
    /// <inheritdoc/>
    public override async ValueTask<Stream?> OpenAsync(StoredShard shard, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(shard);
        if (!sequences.TryGetValue(shard.Name, out Func<Stream, CancellationToken, Task>? write))
            return null;
        FileStream file = TemporaryFile.Create();
        try
        {
            await write(file, cancellationToken).ConfigureAwait(false);
            return file;
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<StoredShard> ListAsync(string prefix, CancellationToken cancellationToken) =>
        sequences.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => new StoredShard(name)).ToAsyncEnumerable();

    internal override bool OpensOnce => true;

    private string Add<T>(string name, Func<string, RowFile<T>> file, IAsyncEnumerable<T> rows)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.AsSpan().IndexOfAny('*', '?') >= 0)
            throw new ArgumentException($"'{name}': * and ? are for patterns; choose another name", nameof(name));
        string address = ShardStores.Address(Scheme, name);
        return sequences.TryAdd(name, (target, stop) => file(address).WriteAsync(rows, target, stop)) ? address
            : throw new ArgumentException($"{address}: there are rows of that name; choose another one", nameof(name));
    }
}
