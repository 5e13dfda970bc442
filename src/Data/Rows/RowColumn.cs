using System.Runtime.CompilerServices;
using Parquet;
using Parquet.Schema;

namespace GpuCtr.Data.Rows;

/// <summary>A column of the rows of a row group that is being filled.</summary>
/// <param name="schemaField">Its place in the schema.</param>
internal abstract class RowColumn<TRow>(Field schemaField)
{
    /// <summary>Its place in the schema.</summary>
    public Field Field => schemaField;

    /// <summary>Adds the value of a row; returns about how many bytes it takes.</summary>
    public abstract long Add(TRow row);

    /// <summary>Writes the values and forgets them.</summary>
    public abstract Task WriteAsync(ParquetRowGroupWriter group, CancellationToken stop);

    /// <summary>Bytes of a value, of which text is held elsewhere.</summary>
    protected static long BytesOf<TStored>(TStored? stored) where TStored : struct => Unsafe.SizeOf<TStored?>() + (stored is ReadOnlyMemory<char> text ? text.Length * sizeof(char) : 0);
}

/// <summary>One value a row; a missing one is null.</summary>
/// <param name="schemaField">Its place in the schema.</param>
/// <param name="read">The value of a row in the form in which it is stored.</param>
internal sealed class RowValues<TRow, TStored>(DataField schemaField, Func<TRow, TStored?> read) : RowColumn<TRow>(schemaField) where TStored : struct
{
    private readonly List<TStored?> values = [];

    /// <inheritdoc/>
    public override long Add(TRow row)
    {
        TStored? value = read(row);
        values.Add(value);
        return BytesOf(value);
    }

    /// <inheritdoc/>
    public override async Task WriteAsync(ParquetRowGroupWriter group, CancellationToken stop)
    {
        await group.WriteAsync<TStored>((DataField)Field, values.ToArray(), cancellationToken: stop).ConfigureAwait(false);
        values.Clear();
    }
}

/// <summary>A list a row; a missing one is null, and so is a missing entry.</summary>
/// <param name="name">Its name.</param>
/// <param name="element">The entries.</param>
/// <param name="read">The list of a row.</param>
/// <param name="store">An entry in the form in which it is stored.</param>
internal sealed class RowListValues<TRow, T, TStored>(string name, DataField element, Func<TRow, IEnumerable<T>?> read, Func<T, TStored?> store)
    : RowColumn<TRow>(new ListField(name, element)) where TStored : struct
{
    // Definition levels: how much of a list is there.
    private const int NoList = 0, EmptyList = 1, NullEntry = 2, Entry = 3;

    private readonly List<TStored> values = [];
    private readonly List<int> definition = [], repetition = [];

    /// <inheritdoc/>
    public override long Add(TRow row)
    {
        IEnumerable<T>? list = read(row);
        long bytes = 0;
        int count = 0;
        foreach (T entry in list ?? [])
        {
            TStored? value = store(entry);
            Level(value is null ? NullEntry : Entry, count++);
            if (value is { } some)
                values.Add(some);
            bytes += BytesOf(value) + 2 * sizeof(int);
        }

        if (count == 0)
            Level(list is null ? NoList : EmptyList, 0);
        return bytes + 2 * sizeof(int);
    }

    /// <inheritdoc/>
    public override async Task WriteAsync(ParquetRowGroupWriter group, CancellationToken stop)
    {
        await group.WriteAllPartsAsync<TStored>(element, values.ToArray(), definition.ToArray(), repetition.ToArray(), stop).ConfigureAwait(false);
        values.Clear();
        definition.Clear();
        repetition.Clear();
    }

    private void Level(int defined, int position)
    {
        definition.Add(defined);
        repetition.Add(position == 0 ? 0 : 1);
    }
}
