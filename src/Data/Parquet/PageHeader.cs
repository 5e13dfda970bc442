using GpuCtr.Data.Shards;
using Parquet.Meta;

namespace GpuCtr.Data.Parquet;

/// <summary>The used part of a page header. <see cref="PageGuard"/> checks it before it is trusted.</summary>
/// <remarks>
/// Thrift compact: 2 uncompressed size, 3 compressed size, 4 checksum, then one structure: 5 data page (1 values, 2 encoding, 3 and 4
/// encodings of definition and repetition levels), 7 dictionary page (1 and 2 as there), 8 data page of version 2 (1 values, 2 nulls,
/// 3 rows, 4 encoding, 5 and 6 bytes of definition and repetition levels, 7 whether what follows them is compressed).
/// </remarks>
/// <param name="Kind">Which of these structures the header contains.</param>
/// <param name="UncompressedBytes">Decompressed size of the page without its header, levels included.</param>
/// <param name="CompressedBytes">Size of the page in the file, without its header.</param>
/// <param name="Checksum">CRC of the page without its header, if there is one.</param>
/// <param name="Values">Values, nulls included.</param>
/// <param name="Encoding">Their encoding.</param>
internal sealed record PageHeader(PageKind Kind, long UncompressedBytes, long CompressedBytes, uint? Checksum, long Values, Encoding Encoding)
{
    /// <summary>Number of nulls (version 2); an empty list counts as one.</summary>
    public long? Nulls { get; init; }

    /// <summary>Number of rows that begin in the page (version 2).</summary>
    public long? Rows { get; init; }

    /// <summary>Encoding of the definition levels (version 1).</summary>
    public Encoding DefinitionEncoding { get; init; }

    /// <summary>Encoding of the repetition levels (version 1).</summary>
    public Encoding RepetitionEncoding { get; init; }

    /// <summary>Bytes of definition levels (version 2).</summary>
    public long DefinitionBytes { get; init; }

    /// <summary>Bytes of repetition levels, which come first (version 2).</summary>
    public long RepetitionBytes { get; init; }

    /// <summary>False if a page of version 2 declares that its values are not compressed.</summary>
    public bool IsCompressed { get; init; } = true;

    /// <summary>Bytes of all levels, which precede the values (version 2).</summary>
    public long LevelBytes => DefinitionBytes + RepetitionBytes;

    // Statistics may be long, but they follow everything that is read here.
    private const int UsualBytes = 320, LargestBytes = 1 << 14;

    private const long Absent = long.MinValue;

    /// <summary>The header at a position and its length (0 if its end was not found); null if there is no header.</summary>
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

    /// <summary>The header that begins here; null if these bytes are not a header.</summary>
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

    /// <summary>Length of the header; 0 if it does not end within these bytes.</summary>
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

    /// <summary>Reads the number fields of a structure up to its end, or up to a nested structure, whose field is returned.</summary>
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

/// <summary>Kinds of pages, numbered by their field in the header.</summary>
internal enum PageKind
{
    /// <summary>Levels and values, compressed together.</summary>
    Data = 5,

    /// <summary>The values of a dictionary.</summary>
    Dictionary = 7,

    /// <summary>Levels, never compressed, and values.</summary>
    DataV2 = 8,
}
