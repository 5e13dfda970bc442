using System.IO.Hashing;
using Parquet;
using Parquet.Meta;
using Parquet.Schema;

namespace GpuCtr.Engine.Data;

/// <summary>What a footer says.</summary>
/// <param name="Reader">Reads the file.</param>
/// <param name="Columns">Its top-level columns.</param>
/// <param name="Groups">What it says about each row group.</param>
/// <param name="Hash">XXH3 of the footer's bytes.</param>
/// <param name="Indexes">Columns that are no data, see <see cref="PandasIndex"/>.</param>
internal sealed record FooterContent(ShardReader Reader, ColumnLayout[] Columns, RowGroupSize[] Groups, ulong Hash, IReadOnlySet<string> Indexes);

/// <summary>What a footer says about a row group.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="Values">Values of the column that has most of them: lists have several a row.</param>
/// <param name="ColumnBytes">Bytes of the largest column when it is not compressed.</param>
internal sealed record RowGroupSize(int Rows, long Values, long ColumnBytes);

/// <summary>Opens a shard and reads what its footer says, within a time limit.</summary>
internal static class ShardFooter
{
    private const int LargestFooterBytes = 256 << 20;

    /// <summary>The reader with its columns and rows per row group.</summary>
    /// <exception cref="Failure">Data: not a Parquet file or a broken one. InputOutput: unreadable.</exception>
    /// <param name="source">The shard.</param>
    /// <param name="leaves">True for a column for each leaf of the schema, whatever it is in, named with dots: add.path.</param>
    public static FooterContent Read(IShardSource source, bool leaves = false)
    {
        string path = source.Path;
        FooterContent? result = null;
        Exception? error = null;
        // Its own thread, because a parser that loops cannot be stopped; it must not hold the process either.
        var thread = new Thread(() =>
        {
            try
            {
                result = Parse(source, leaves);
            }
            catch (Exception e)
            {
                error = e;
            }
        })
        { IsBackground = true, Name = "footer" };
        thread.Start();
        if (!thread.Join(source.FooterTimeLimit))
            throw Failure.BadData($"{path}: reading its footer took longer than {source.FooterTimeLimit.TotalSeconds:0} s; the file is damaged: write it again");
        return error switch
        {
            null => result!,
            Failure failure => throw failure,
            UnauthorizedAccessException => throw Failure.BadAccess($"{path}: no permission to read it", error),
            FileNotFoundException or DirectoryNotFoundException => throw Failure.BadUsage($"{path}: no such file; check the path"),
            _ => throw Failure.BadData($"{path}: broken Parquet footer ({ShardReader.Reason(error)}); write the file again", error),
        };
    }

    private static FooterContent Parse(IShardSource source, bool leaves)
    {
        string path = source.Path;
        var stream = new ShardStream(source);
        try
        {
            stream.Open();
        }
        catch (Exception e) when (e is IOException and not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw Failure.BadAccess($"{path}: cannot be read ({e.Message})", e);
        }

        int footerBytes = CheckEnds(path, stream);
        byte[] footer = new byte[footerBytes];
        stream.Position = stream.Length - 8 - footerBytes;
        stream.ReadExactly(footer);
        ThriftShape.Check(footer);
        stream.Budget = 2 * stream.Length + (1 << 20);
        (ParquetReader reader, (ColumnLayout Layout, DataField? Field)[] read) = Create(path, stream, footer, leaves);
        ColumnLayout[] columns = [.. read.Select(c => c.Layout)];
        stream.Budget = long.MaxValue;
        string? twice = columns.GroupBy(c => c.Column.Name).FirstOrDefault(g => g.Count() > 1)?.Key;
        if (twice is not null)
            throw Failure.BadData($"{path}: two columns are called '{twice}'; rename one");
        RowGroupSize[] groups = [.. reader.Metadata!.RowGroups.Select((g, i) => SizeOf(path, g, i))];
        stream.Shut();
        return new FooterContent(new ShardReader(stream, reader, read), columns, groups, XxHash3.HashToUInt64(footer), PandasIndex.Unnamed(reader.CustomMetadata.GetValueOrDefault(PandasIndex.Key)));
    }

    private static (ParquetReader, (ColumnLayout, DataField?)[]) Create(string path, ShardStream stream, byte[] footer, bool leaves)
    {
        try
        {
            ParquetReader reader = ParquetReader.CreateAsync(stream, leaveStreamOpen: true).GetAwaiter().GetResult();
            return (reader, leaves ? [.. reader.Schema.DataFields.Select(LibrarySchema.OfLeaf)] : [.. reader.Schema.Fields.Select(LibrarySchema.Of)]);
        }
        catch (Exception e) when (SchemaSketch.Unsupported(footer) is { } column)
        {
            throw Failure.BadData($"{path}: column '{column.Column}' is {column.Type}, which is not supported; write the file without it or with another type", e);
        }
    }

    private static int CheckEnds(string path, ShardStream stream)
    {
        Span<byte> head = stackalloc byte[4], tail = stackalloc byte[8];
        if (stream.Length < 12 || stream.Peek(0, head) < 4 || stream.Peek(stream.Length - 8, tail) < 8)
            throw Failure.BadData($"{path}: not a Parquet file ({stream.Length} bytes); convert it to Parquet first");
        if (tail[4..].SequenceEqual("PARE"u8) || head.SequenceEqual("PARE"u8))
            throw Failure.BadData($"{path}: an encrypted Parquet file, which is not supported; decrypt it first");
        if (!head.SequenceEqual("PAR1"u8))
            throw Failure.BadData($"{path}: not a Parquet file (it does not start with PAR1); convert it to Parquet first");
        if (!tail[4..].SequenceEqual("PAR1"u8))
            throw Failure.BadData($"{path}: incomplete Parquet file (it does not end with PAR1); copy or write it again");
        int footer = BitConverter.ToInt32(tail);
        if (footer <= 0 || footer > stream.Length - 12 || footer > LargestFooterBytes)
            throw Failure.BadData($"{path}: broken Parquet footer (it declares {footer} bytes, the file has {stream.Length}); write the file again");
        return footer;
    }

    private static RowGroupSize SizeOf(string path, RowGroup group, int index)
    {
        if (group.NumRows < 0 || group.NumRows > Array.MaxLength)
            throw Failure.BadData($"{path}: row group {index} declares {group.NumRows} rows; write the file again with smaller row groups");
        ColumnMetaData[] columns = [.. group.Columns.Select(c => c.MetaData).OfType<ColumnMetaData>()];
        return new RowGroupSize(
            (int)group.NumRows, columns.Select(c => c.NumValues).Append(group.NumRows).Max(), columns.Select(c => c.TotalUncompressedSize).Append(0).Max());
    }
}
