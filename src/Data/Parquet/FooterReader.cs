using System.IO.Hashing;
using Parquet.Meta;

namespace GpuCtr.Data.Parquet;

/// <summary>
/// Reads the footer of a Parquet file (FileMetaData of apache/parquet-format, Thrift compact) in one pass: work and memory are
/// proportional to its length, whatever it contains. Unused parts (statistics, indexes) are skipped.
/// </summary>
/// <remarks><see cref="ThriftValidator"/> must have accepted the bytes before.</remarks>
internal static class FooterReader
{
    // Far more than real schemas have; bounded because each element becomes several objects.
    private const int MostElements = 1 << 18;

    /// <summary>Reads it.</summary>
    /// <param name="bytes">The whole footer.</param>
    /// <param name="leaves">True for one column per leaf of the schema, see <see cref="FooterSchema.LeafColumns"/>.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static Footer Read(ReadOnlySpan<byte> bytes, bool leaves = false)
    {
        FooterSchema? schema = null;
        var groups = new List<long>();
        var chunks = new List<StoredChunk>();
        long? declared = null;
        string? pandas = null;
        var thrift = new ThriftReader(bytes);
        for (int field = 0; thrift.NextField(ref field, out int type);)
        {
            switch (field)
            {
                case 2: schema = new FooterSchema(Elements(ref thrift, thrift.ListOf(field, type, ThriftType.Struct))); break;
                case 3: declared = thrift.Long(field, type); break;
                case 4:
                    int count = thrift.ListOf(field, type, ThriftType.Struct);
                    for (int i = 0; i < count; i++)
                        groups.Add(ReadGroup(ref thrift, i, schema ?? throw new InvalidDataException("its row groups come before its schema"), chunks));
                    break;
                case 5: pandas = Pandas(ref thrift, thrift.ListOf(field, type, ThriftType.Struct)); break;
                default: thrift.Skip(type); break;
            }
        }

        if (schema is null || declared is null)
            throw new InvalidDataException("it has no schema or no number of rows");
        long[] rows = [.. groups];
        UInt128 sum = rows.Aggregate(UInt128.Zero, (s, r) => s + (UInt128)r);
        // Some writers write zero as the number of rows.
        if (declared < 0 || (declared > 0 && sum != (UInt128)declared))
            throw new InvalidDataException($"it declares {declared} rows, but its row groups have {sum}");
        return new Footer(leaves ? schema.LeafColumns() : schema.Columns(), rows, [.. chunks], PandasIndex.Unnamed(pandas)) { Hash = XxHash3.HashToUInt64(bytes) };
    }

    private static List<SchemaElement> Elements(ref ThriftReader thrift, int count)
    {
        if (count > MostElements)
            throw new InvalidDataException($"its schema has {count} elements, more than {MostElements}");
        var elements = new List<SchemaElement>();
        for (int i = 0; i < count; i++)
            elements.Add(FooterElement.Read(ref thrift));
        return elements;
    }

    /// <summary>Adds the column chunks of the row group that begins here, one per leaf; returns its rows.</summary>
    private static long ReadGroup(ref ThriftReader thrift, int index, FooterSchema schema, List<StoredChunk> chunks)
    {
        long? rows = null;
        int found = 0;
        for (int field = 0; thrift.NextField(ref field, out int type);)
        {
            switch (field)
            {
                case 1:
                    found = thrift.ListOf(field, type, ThriftType.Struct);
                    if (found != schema.Leaves.Count)
                        throw new InvalidDataException($"row group {index} has {found} columns, the schema has {schema.Leaves.Count}");
                    foreach (SchemaNode leaf in schema.Leaves)
                        chunks.Add(StoredChunk.Read(ref thrift, leaf));
                    break;
                case 3: rows = thrift.Long(field, type); break;
                default: thrift.Skip(type); break;
            }
        }

        if (found != schema.Leaves.Count || rows is not (>= 0 and <= int.MaxValue))
            throw new InvalidDataException($"row group {index} declares {(rows is null ? "no" : rows)} rows in {found} columns; row groups must have less than 2³¹ rows");
        return rows.Value;
    }

    private static string? Pandas(ref ThriftReader thrift, int count)
    {
        string? pandas = null;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> key = [], value = [];
            for (int field = 0; thrift.NextField(ref field, out int type);)
            {
                switch (field)
                {
                    case 1: key = thrift.Bytes(field, type); break;
                    case 2: value = thrift.Bytes(field, type); break;
                    default: thrift.Skip(type); break;
                }
            }

            if (key.SequenceEqual("pandas"u8))
                pandas = System.Text.Encoding.UTF8.GetString(value);
        }

        return pandas;
    }
}
