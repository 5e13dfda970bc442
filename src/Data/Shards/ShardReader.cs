using GpuCtr.Data.Parquet;
using Parquet.Meta;

namespace GpuCtr.Data.Shards;

/// <summary>
/// Reads single columns of single row groups of one shard. Every failure leaves here as a <see cref="GpuCtrException"/> that
/// names file, row group and column.
/// </summary>
/// <remarks>For one thread: each worker rents its own with <see cref="Shard.Rent"/>; disposing returns it.</remarks>
public sealed class ShardReader : IDisposable
{
    // More rows than this in almost no bytes are a decompression bomb: labels alone need more bytes.
    private const long PlausibleRows = 1 << 24;
    private const long RowsPerByte = 16;

    private readonly ShardStream stream;
    private readonly Footer footer;
    private Shard? shard;

    internal ShardReader(ShardStream stream, Footer footer)
    {
        this.stream = stream;
        this.footer = footer;
    }

    internal void Open(Shard owner)
    {
        shard = owner;
        stream.Open();
    }

    /// <summary>Number of values that a column stores in a row group: rows of a flat column, elements and empty lists of a list column.</summary>
    public long StoredValues(int group, string column) => Chunk(group, Layout(column)).NumValues;

    /// <summary>Decodes one column of one row group into <paramref name="into"/>.</summary>
    /// <exception cref="GpuCtrException">Data: no such column, an unsupported type, broken pages. InputOutput: unreadable.</exception>
    public void Read(int group, string column, ColumnBuffer into) => Read(group, column, into, asNumber: false);

    private void Read(int group, string column, ColumnBuffer into, bool asNumber)
    {
        if (shard!.Partition(column) is { } partition)
        {
            partition.Fill(into, footer.Rows(group));
            return;
        }

        ColumnLayout layout = Layout(column);
        if (layout.Column.Kind == ValueKind.Unsupported)
            throw Broken(group, column, $"its type {layout.Column.TypeName} is not supported; leave it out with --exclude {ColumnNames.InShell(column)}");
        try
        {
            ColumnType type = asNumber && layout.Type!.AsReal is { } real ? real : layout.Type!;
            ColumnMetaData chunk = Prepare(group, layout, type.Kind, into);
            type.Read!(new ColumnPages(stream, layout, chunk, into), into);
        }
        catch (UnauthorizedAccessException e)
        {
            throw GpuCtrException.IoError(new DataPlace(shard!.Path), "no permission to read it", e);
        }
        catch (OutOfMemoryException e)
        {
            throw Broken(group, column, $"decoding it takes more memory than there is; the file is damaged, or its row groups are too large: write it again with smaller ones, raise --memory, or leave the column out with --exclude {ColumnNames.InShell(column)}", e);
        }
        catch (NotSupportedException e)
        {
            throw Broken(group, column, $"{e.Message}; write it in another way, or leave the column out with --exclude {ColumnNames.InShell(column)}", e);
        }
        catch (Exception e) when (e is not GpuCtrException)
        {
            throw Broken(group, column, $"{Reason(e)}; the file is damaged: write it again, or leave the column out with --exclude {ColumnNames.InShell(column)}", e);
        }
        finally
        {
            stream.Budget = long.MaxValue;
        }
    }

    /// <summary>Decodes one column of one row group, converted to the wanted kind.</summary>
    /// <exception cref="GpuCtrException">See the other overload. Values that do not fit are not an error; they are listed in <see cref="ColumnBuffer.Misfits"/>.</exception>
    public void Read(int group, ColumnRequest wanted, ColumnBuffer into)
    {
        if (wanted is { Kind: ValueKind.Text, IsList: false } && shard!.Partition(wanted.Name) is { } partition)
            partition.FillTexts(into, footer.Rows(group));
        else
            Read(group, wanted.Name, into, asNumber: wanted is { IsList: false, Kind: not (ValueKind.Text or ValueKind.Time) });
        into.Become(wanted);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stream.Shut();
        Shard? owner = shard;
        shard = null;
        owner?.Return(this);
    }

    internal static string Reason(Exception e)
    {
        while (e is AggregateException or System.Reflection.TargetInvocationException && e.InnerException is not null)
            e = e.InnerException;
        string text = e switch
        {
            DivideByZeroException or IndexOutOfRangeException or NullReferenceException or ArgumentOutOfRangeException => "its pages cannot be decoded",
            _ => e.Message,
        };
        return text.ReplaceLineEndings(" ").TrimEnd('.', ' ');
    }

    /// <summary>Reserves room for a column chunk after checking that its declared sizes are plausible.</summary>
    private ColumnMetaData Prepare(int group, ColumnLayout layout, ValueKind kind, ColumnBuffer into)
    {
        ColumnMetaData chunk = Chunk(group, layout);
        long rows = footer.Rows(group), values = chunk.NumValues;
        bool list = layout.Column.IsList;
        if (chunk.Type != layout.Leaf!.Element.Type)
            throw new InvalidDataException($"it is stored as {chunk.Type}, the schema says {layout.Leaf.Element.Type}");
        if (values < 0 || values > Array.MaxLength || (list ? values < rows : values != rows))
            throw new InvalidDataException($"it declares {values} values, the row group has {rows} rows");
        if (values > PlausibleRows && values > RowsPerByte * Math.Max(1, Bytes(group)))
            throw new InvalidDataException($"it declares {values} values in almost no bytes");
        into.Rows = (int)rows;
        into.IsList = list;
        into.Reserve(kind, (int)values);
        into.ReserveLevels((int)values, layout.Leaf.MaxRepetitionLevel > 0);
        into.Characters.Clear();
        return chunk;
    }

    private long Bytes(int group)
    {
        long bytes = 0;
        foreach (StoredChunk chunk in footer.Chunks(group))
            bytes += Math.Clamp(chunk.CompressedBytes, 0, stream.Length);
        return bytes;
    }

    private ColumnLayout Layout(string column) => footer.Layout(column)
        ?? throw GpuCtrException.DataError(new DataPlace(shard!.Path), $"no column '{column}'; it has {string.Join(", ", footer.Columns.Select(c => c.Column.Name))}");

    private ColumnMetaData Chunk(int group, ColumnLayout layout)
    {
        string name = layout.Column.Name;
        if (layout.Leaf is null)
            throw Broken(group, name, $"its type {layout.Column.TypeName} is not supported; leave it out with --exclude {ColumnNames.InShell(name)}");
        StoredChunk chunk = footer.Chunks(group)[layout.Leaf.Index];
        return chunk.Trouble switch
        {
            ChunkTrouble.Encrypted => throw Broken(group, name, $"it is encrypted, which is not supported; decrypt it first, or leave it out with --exclude {ColumnNames.InShell(name)}"),
            ChunkTrouble.Elsewhere => throw Broken(group, name, "its pages are in another file, as in a _metadata summary; name the files that hold the rows"),
            _ => chunk.Metadata,
        };
    }

    private GpuCtrException Broken(int group, string column, string what, Exception? inner = null) =>
        GpuCtrException.DataError(new DataPlace(shard!.Path, group, Column: column), what, inner);
}
