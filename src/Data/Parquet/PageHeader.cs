using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using Parquet.Meta;

namespace GpuCtr.Data.Parquet;

/// <summary>What the header of a page says, as far as it is checked before it is believed.</summary>
/// <remarks>
/// Thrift compact: 2 uncompressed size, 3 compressed size, 4 checksum, then one structure: 5 data page (1 values, 2 encoding, 3 and 4
/// encodings of definition and repetition levels), 7 dictionary page (1 and 2 as there), 8 data page of version 2 (1 values, 2 nulls,
/// 3 rows, 4 encoding, 5 and 6 bytes of definition and repetition levels, 7 whether what follows them is compressed).
/// </remarks>
/// <param name="Kind">Which of these structures it has.</param>
/// <param name="UncompressedBytes">Size of what follows the header once it is decompressed, levels included.</param>
/// <param name="CompressedBytes">Size in the file.</param>
/// <param name="Checksum">CRC of what follows the header, if there is one.</param>
/// <param name="Values">Values, nulls included.</param>
/// <param name="Encoding">Their encoding.</param>
internal sealed record PageHeader(PageKind Kind, long UncompressedBytes, long CompressedBytes, uint? Checksum, long Values, Encoding Encoding)
{
    /// <summary>Nulls among the values, where it says so (version 2); what an empty list has counts as one.</summary>
    public long? Nulls { get; init; }

    /// <summary>Rows that begin in it, where it says so (version 2).</summary>
    public long? Rows { get; init; }

    /// <summary>Encoding of the definition levels (version 1).</summary>
    public Encoding DefinitionEncoding { get; init; }

    /// <summary>Encoding of the repetition levels (version 1).</summary>
    public Encoding RepetitionEncoding { get; init; }

    /// <summary>Bytes of definition levels, where it says so (version 2).</summary>
    public long DefinitionBytes { get; init; }

    /// <summary>Bytes of repetition levels, which come first, where it says so (version 2).</summary>
    public long RepetitionBytes { get; init; }

    /// <summary>False where a page of version 2 says that what is behind its levels is not compressed.</summary>
    public bool IsCompressed { get; init; } = true;

    /// <summary>Bytes before the values, where it says so (version 2).</summary>
    public long LevelBytes => DefinitionBytes + RepetitionBytes;

    // Statistics may be long, but they come behind everything that is read here.
    private const int UsualBytes = 320, LargestBytes = 1 << 14;

    private const long Absent = long.MinValue;

    /// <summary>The header at a position and its length, 0 if its end is not found; null if there is none.</summary>
    public static (PageHeader Header, int Bytes)? Read(ShardStream stream, long at)
    {
        Span<byte> bytes = stackalloc byte[UsualBytes];
        bytes = bytes[..stream.Peek(at, bytes)];
        if (Of(bytes) is not { } header)
            return null;
        int length = LengthOf(bytes);
        if (length == 0)
        {
            bytes = new byte[LargestBytes];
            length = LengthOf(bytes[..stream.Peek(at, bytes)]);
        }

        return (header, length);
    }

    /// <summary>The header that begins here; null if none does.</summary>
    public static PageHeader? Of(ReadOnlySpan<byte> bytes)
    {
        Span<long> sizes = stackalloc long[5], page = stackalloc long[8];
        try
        {
            var thrift = new ThriftReader(bytes);
            var kind = (PageKind)Numbers(ref thrift, sizes);
            if (!Enum.IsDefined(kind) || sizes[2] == Absent || sizes[3] == Absent)
                return null;
            Numbers(ref thrift, page);
            uint? checksum = sizes[4] == Absent ? null : (uint)sizes[4];
            if (kind == PageKind.DataV2)
            {
                return new PageHeader(kind, sizes[2], sizes[3], checksum, page[1], EncodingOf(page[4]))
                {
                    Nulls = Given(page[2]),
                    Rows = Given(page[3]),
                    DefinitionBytes = Given(page[5]) ?? 0,
                    RepetitionBytes = Given(page[6]) ?? 0,
                    IsCompressed = page[7] != 0,
                };
            }

            return new PageHeader(kind, sizes[2], sizes[3], checksum, page[1], EncodingOf(page[2]))
            {
                DefinitionEncoding = EncodingOf(page[3]),
                RepetitionEncoding = EncodingOf(page[4]),
            };
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentException or InvalidDataException)
        {
            return null;
        }
    }

    private static Encoding EncodingOf(long field) => (Encoding)(int)Math.Max(field, -1);

    private static long? Given(long field) => field == Absent ? null : field;

    /// <summary>Bytes of a whole header; 0 if it does not end here.</summary>
    private static int LengthOf(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var thrift = new ThriftReader(bytes);
            for (int field = 0; thrift.NextField(ref field, out int type);)
                thrift.Skip(type);
            return thrift.Position;
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentException or InvalidDataException)
        {
            return 0;
        }
    }

    /// <summary>Reads the numbers of a structure by field, up to its end or to a structure in it, whose field is returned.</summary>
    private static int Numbers(scoped ref ThriftReader thrift, scoped Span<long> into)
    {
        const int yes = 1, no = 2, number = 5, structure = 12;
        into.Fill(Absent);
        int field = 0;
        while (thrift.NextField(ref field, out int type))
        {
            if (type == structure)
                return field;
            if (type == number && field < into.Length)
                into[field] = thrift.Integer();
            else if (type is yes or no && field < into.Length)
                into[field] = type == yes ? 1 : 0;
            else
                thrift.Skip(type);
        }

        return 0;
    }
}

/// <summary>The kinds of pages that have values, by the field of their header.</summary>
internal enum PageKind
{
    /// <summary>Values with their levels in front.</summary>
    Data = 5,

    /// <summary>The values that others point at.</summary>
    Dictionary = 7,

    /// <summary>Values with levels that are never compressed.</summary>
    DataV2 = 8,
}
