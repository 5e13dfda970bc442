using Parquet;
using Parquet.Meta;
using Parquet.Schema;

namespace GpuCtr.Engine.Data;

/// <summary>
/// Reads single columns of single row groups of one shard. Everything that the Parquet library throws leaves here as one
/// <see cref="Failure"/> that names file, row group and column.
/// </summary>
/// Not safe for several threads: each worker rents its own with <see cref="Shard.Rent"/>; disposing hands it back.
public sealed class ShardReader : IDisposable
{
    // More rows than this in almost no bytes are a bomb, not data: labels alone need more.
    private const long PlausibleRows = 1 << 24;
    private const long RowsPerByte = 16;

    private readonly ShardStream stream;
    private readonly ParquetReader reader;
    private readonly Dictionary<string, ColumnLayout> layouts;
    private readonly Dictionary<string, DataField?> fields;
    private (int Group, ParquetRowGroupReader Reader)? opened;
    private Shard? shard;

    internal ShardReader(ShardStream stream, ParquetReader reader, IReadOnlyList<(ColumnLayout Layout, DataField? Field)> columns)
    {
        this.stream = stream;
        this.reader = reader;
        layouts = columns.ToDictionary(c => c.Layout.Column.Name, c => c.Layout, StringComparer.Ordinal);
        fields = columns.ToDictionary(c => c.Layout.Column.Name, c => c.Field, StringComparer.Ordinal);
    }

    internal void Open(Shard owner)
    {
        shard = owner;
        stream.Open();
    }

    /// <summary>Values that a column stores in a row group: rows of a flat column, elements and empty lists of a list.</summary>
    public long StoredValues(int group, string column) => Chunk(group, Layout(column)).NumValues;

    /// <summary>Compressed bytes of a column in a row group; 0 if the file does not say.</summary>
    public long StoredBytes(int group, string column) => Math.Max(0, Chunk(group, Layout(column)).TotalCompressedSize);

    /// <summary>Decodes one column of one row group into <paramref name="into"/>.</summary>
    /// <exception cref="Failure">Data: no such column, an unsupported type, broken pages. InputOutput: unreadable.</exception>
    public void Read(int group, string column, ColumnBuffer into)
    {
        if (shard!.Partition(column) is { } partition)
        {
            partition.Fill(into, checked((int)reader.Metadata!.RowGroups[group].NumRows));
            return;
        }

        ColumnLayout layout = Layout(column);
        if (layout.Column.Kind == ValueKind.Unsupported || Library(column) is null)
            throw Broken(group, column, $"its type {layout.Column.TypeName} is not supported; exclude it with --exclude {ColumnNames.InShell(column)}");
        try
        {
            Prepare(group, layout, into);
            Decode(group, layout, into);
        }
        catch (UnauthorizedAccessException e)
        {
            throw Failure.BadAccess($"{shard!.Path}: no permission to read it", e);
        }
        catch (OutOfMemoryException e)
        {
            throw Broken(group, column, "decoding it takes more memory than there is; the file is damaged, or its row groups are too large: write it again with smaller ones, or raise --memory", e);
        }
        catch (Exception e) when (e is not Failure)
        {
            throw Broken(group, column, $"{Reason(e)}; the file is damaged or written in a way that is not supported: write it again", e);
        }
        finally
        {
            stream.OnSeek = null;
            stream.Budget = long.MaxValue;
        }
    }

    /// <summary>Decodes one column of one row group as the values that are wanted.</summary>
    /// <exception cref="Failure">See the other one; values that do not fit are no failure but <see cref="ColumnBuffer.Misfits"/>.</exception>
    public void Read(int group, WantedColumn wanted, ColumnBuffer into)
    {
        if (wanted is { Kind: ValueKind.Text, IsList: false } && shard!.Partition(wanted.Name) is { } partition)
            partition.FillTexts(into, checked((int)reader.Metadata!.RowGroups[group].NumRows));
        else
            Read(group, wanted.Name, into);
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
            NotImplementedException => "it uses a part of Parquet that cannot be read here, such as lists in version 2 data pages",
            DivideByZeroException or IndexOutOfRangeException or NullReferenceException or ArgumentOutOfRangeException => "its pages cannot be decoded",
            _ => e.Message,
        };
        return text.ReplaceLineEndings(" ").TrimEnd('.', ' ');
    }

    private void Prepare(int group, ColumnLayout layout, ColumnBuffer into)
    {
        RowGroup meta = reader.Metadata!.RowGroups[group];
        ColumnMetaData chunk = Chunk(group, layout);
        if (chunk.Codec == CompressionCodec.LZ4)
            throw new InvalidDataException("it is compressed as LZ4, which has two framings that cannot be told apart; use zstd, snappy or lz4_raw");
        long rows = meta.NumRows, values = chunk.NumValues;
        bool list = layout.Column.IsList;
        if (values < 0 || values > Array.MaxLength || (list ? values < rows : values != rows))
            throw new InvalidDataException($"it declares {values} values, the row group has {rows} rows");
        if (values > PlausibleRows && values > RowsPerByte * Math.Max(1, meta.Columns.Sum(c => c.MetaData?.TotalCompressedSize ?? 0)))
            throw new InvalidDataException($"it declares {values} values in almost no bytes");
        into.Rows = checked((int)rows);
        into.IsList = list;
        into.Reserve(layout.Column.Kind, (int)values);
        into.ReserveLevels((int)values, layout.Leaf!.MaxRepetitionLevel > 0);
        stream.Budget = BudgetOf(chunk);
        stream.OnSeek = at => CheckPage(at, layout.Leaf!, values);
    }

    private long BudgetOf(ColumnMetaData chunk) => stream.Length + Math.Max(0, chunk.TotalCompressedSize) + (1 << 20);

    private (PageHeader Page, int HeaderBytes)? CheckPage(long at, Leaf leaf, long values)
    {
        if (PageHeader.Read(stream, at) is not var (page, headerBytes))
            return null;
        PageGuard.Check(page, PageGuard.BitsOf(leaf), leaf.MaxDefinitionLevel + leaf.MaxRepetitionLevel > 0, stream.Length - at, values);
        if (headerBytes == 0)
            return null;
        PageChecksum.Verify(stream, at, headerBytes, page);
        return (page, headerBytes);
    }

    private void Decode(int group, ColumnLayout layout, ColumnBuffer into)
    {
        ColumnMetaData chunk = Chunk(group, layout);
        if (new NumberPages(stream, layout.Leaf!, chunk, into, at => CheckPage(at, layout.Leaf!, chunk.NumValues)).TryRead())
            return;
        stream.Budget = BudgetOf(chunk);
        int values = (int)chunk.NumValues;
        int highest = layout.Leaf!.MaxDefinitionLevel;
        bool list = layout.Column.IsList;
        Memory<int>? definition = highest > 0 ? into.Definition.AsMemory(0, values) : (Memory<int>?)null; // a bare null would become an empty memory
        Memory<int>? repetition = list ? into.Repetition.AsMemory(0, values) : (Memory<int>?)null;
        definition?.Span.Fill(Levels.Unwritten);
        repetition?.Span.Fill(Levels.Unwritten);
        LibraryType type = Library(layout.Column.Name)!;
        type.Read(GroupReader(group), fields[layout.Column.Name]!, into, values, definition, repetition);
        int count = values;
        into.Count = values;
        into.HasNulls = false;
        if (list)
            count = Levels.Lists(into, definition!.Value.Span, repetition!.Value.Span, layout.SlotLevel, highest);
        else if (highest > 0)
            count = Levels.Flat(into, definition!.Value.Span, highest);
        type.Convert(into, count);
        if (into.HasNulls)
            Spread(into, count);
    }

    private static void Spread(ColumnBuffer into, int packed)
    {
        ReadOnlySpan<bool> nulls = into.Nulls.AsSpan(0, into.Count);
        if (into.Kind == ValueKind.Real)
            Levels.Spread(into.Reals.AsSpan(0, into.Count), nulls, packed, 0.0);
        else if (into.Kind == ValueKind.Text)
            Levels.Spread(into.Texts.AsSpan(0, into.Count), nulls, packed, default);
        else
            Levels.Spread(into.Integers.AsSpan(0, into.Count), nulls, packed, 0L);
    }

    private ColumnLayout Layout(string column) => layouts.TryGetValue(column, out ColumnLayout? layout)
        ? layout
        : throw Failure.BadData($"{shard!.Path}: no column '{column}'; it has {string.Join(", ", layouts.Keys)}");

    private LibraryType? Library(string column) => fields[column] is { } field ? LibraryType.Of(field) : null;

    private ColumnMetaData Chunk(int group, ColumnLayout layout)
    {
        ColumnChunk? chunk = layout.Leaf is null ? null : GroupReader(group).GetMetadata(fields[layout.Column.Name]!);
        return chunk?.CryptoMetadata is null
            ? chunk?.MetaData ?? throw Broken(group, layout.Column.Name, "the row group has no such column; the file is damaged")
            : throw Broken(group, layout.Column.Name, "it is encrypted, which is not supported; decrypt it first");
    }

    /// Opening a row group takes note of all its columns: once for all that are read from it.
    private ParquetRowGroupReader GroupReader(int group)
    {
        if (opened?.Group != group)
            opened = (group, reader.OpenRowGroupReader(group));
        return opened.Value.Reader;
    }

    private Failure Broken(int group, string column, string what, Exception? inner = null) =>
        Failure.BadData($"{shard!.Path}: row group {group}, column '{column}': {what}", inner);
}
