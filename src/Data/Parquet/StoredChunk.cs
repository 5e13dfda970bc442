using Parquet.Meta;

namespace GpuCtr.Data.Parquet;

/// <summary>Whether a column chunk can be read, and if not, why.</summary>
internal enum ChunkTrouble : byte
{
    /// <summary>It can be read.</summary>
    None,

    /// <summary>It is encrypted.</summary>
    Encrypted,

    /// <summary>Its pages are in another file, as in summary files (<c>_metadata</c>).</summary>
    Elsewhere,
}

/// <summary>Place and storage of a column chunk. A file may have millions of them, so the structure is small.</summary>
internal readonly record struct StoredChunk
{
    private static readonly Encoding[] known = Enum.GetValues<Encoding>();

    /// <summary>Whether it can be read.</summary>
    public ChunkTrouble Trouble { get; init; }

    /// <summary>Physical type.</summary>
    public sbyte Type { get; init; }

    /// <summary>Codec.</summary>
    public sbyte Codec { get; init; }

    /// <summary>Bit set of the encodings of its pages; 0 if the footer does not list them.</summary>
    public ushort Encodings { get; init; }

    /// <summary>Values, nulls included.</summary>
    public long Values { get; init; }

    /// <summary>Decompressed bytes.</summary>
    public long UncompressedBytes { get; init; }

    /// <summary>Compressed bytes.</summary>
    public long CompressedBytes { get; init; }

    /// <summary>Offset of the first data page.</summary>
    public long DataPage { get; init; }

    /// <summary>Offset of the dictionary page; 0 if there is none.</summary>
    public long DictionaryPage { get; init; }

    /// <summary>The chunk in the form that the page decoder needs.</summary>
    public ColumnMetaData Metadata => new()
    {
        Type = (global::Parquet.Meta.Type)Type,
        Codec = (CompressionCodec)Codec,
        Encodings = ListOf(Encodings),
        NumValues = Values,
        TotalUncompressedSize = UncompressedBytes,
        TotalCompressedSize = CompressedBytes,
        DataPageOffset = DataPage,
        DictionaryPageOffset = DictionaryPage == 0 ? null : DictionaryPage,
    };

    /// <summary>Reads the chunk that begins here.</summary>
    /// <param name="thrift">The footer.</param>
    /// <param name="leaf">The leaf that it must belong to.</param>
    /// <exception cref="InvalidDataException">It belongs to another leaf, or a field has the wrong type.</exception>
    public static StoredChunk Read(ref ThriftReader thrift, SchemaNode leaf)
    {
        StoredChunk? found = null;
        ChunkTrouble trouble = ChunkTrouble.None;
        for (int field = 0; thrift.NextField(ref field, out int type);)
        {
            if (field == 3)
            {
                ThriftReader.Expect(field, type, ThriftType.Struct);
                found = ReadMetadata(ref thrift, leaf);
                continue;
            }

            if (field == 1 && trouble == ChunkTrouble.None)
                trouble = ChunkTrouble.Elsewhere;
            if (field == 8)
                trouble = ChunkTrouble.Encrypted;
            thrift.Skip(type);
        }

        if (found is null && trouble != ChunkTrouble.Encrypted)
            throw new InvalidDataException($"column '{leaf.Name}' of a row group has no description");
        return (found ?? default) with { Trouble = trouble };
    }

    private static StoredChunk ReadMetadata(ref ThriftReader thrift, SchemaNode leaf)
    {
        int? physical = null, codec = null;
        long? values = null, dataPage = null;
        long uncompressed = 0, compressed = 0, dictionary = 0;
        ushort encodings = 0;
        for (int field = 0; thrift.NextField(ref field, out int type);)
        {
            switch (field)
            {
                case 1: physical = thrift.Integer(field, type); break;
                case 2: encodings = ReadEncodings(ref thrift, thrift.ListOf(field, type, ThriftType.Int32)); break;
                case 3: CheckPath(ref thrift, thrift.ListOf(field, type, ThriftType.Binary), leaf); break;
                case 4: codec = thrift.Integer(field, type); break;
                case 5: values = thrift.Long(field, type); break;
                case 6: uncompressed = thrift.Long(field, type); break;
                case 7: compressed = thrift.Long(field, type); break;
                case 9: dataPage = thrift.Long(field, type); break;
                case 11: dictionary = thrift.Long(field, type); break;
                default: thrift.Skip(type); break;
            }
        }

        if (physical is not (>= 0 and <= sbyte.MaxValue) || codec is not (>= 0 and <= sbyte.MaxValue) || values is null || dataPage is null)
            throw new InvalidDataException($"column '{leaf.Name}' of a row group lacks its type, codec, number of values or place");
        return new StoredChunk
        {
            Type = (sbyte)physical,
            Codec = (sbyte)codec,
            Encodings = encodings,
            Values = values.Value,
            UncompressedBytes = uncompressed,
            CompressedBytes = compressed,
            DataPage = dataPage.Value,
            DictionaryPage = dictionary,
        };
    }

    private static List<Encoding> ListOf(ushort encodings) => [.. known.Where(e => (encodings >> (int)e & 1) == 1)];

    private static ushort ReadEncodings(ref ThriftReader thrift, int count)
    {
        int encodings = 0;
        for (int i = 0; i < count; i++)
        {
            int encoding = thrift.Integer();
            if (encoding is >= 0 and < 16)
                encodings |= 1 << encoding;
        }

        return (ushort)encodings;
    }

    private static void CheckPath(ref ThriftReader thrift, int parts, SchemaNode leaf)
    {
        // Parquet.Net omits an empty name from the path.
        bool equal = parts == leaf.Path.Length || leaf.Path.All(p => p.Length == 0);
        for (int i = 0; i < parts; i++)
        {
            ReadOnlySpan<byte> part = thrift.Bytes();
            equal = equal && i < leaf.Path.Length && part.SequenceEqual(leaf.Path[i]);
        }

        if (!equal)
            throw new InvalidDataException($"its row groups have another column in place of '{leaf.Name}'");
    }
}
