using GpuCtr.Data.Shards;
using Parquet.Meta;
using PhysicalType = Parquet.Meta.Type;

namespace GpuCtr.Data.Parquet;

/// <summary>Checks what a page header declares before anything is allocated for it.</summary>
internal static class PageGuard
{
    private const int AlwaysAllowedBytes = 64 << 20;

    // The highest ratio that gzip can reach; no page of real values does.
    private const long HighestRatio = 1100;

    // A variable-length byte array is preceded by its length.
    private const int LeastBits = 32;

    /// <param name="page">The header.</param>
    /// <param name="bits">Bits of a value, see <see cref="BitsOf"/>; null = not fixed.</param>
    /// <param name="hasLevels">Whether values may be null or in lists.</param>
    /// <param name="bytesLeftInFile">Bytes of the file from the header on.</param>
    /// <param name="chunkValues">Values of the column in the row group.</param>
    /// <exception cref="InvalidDataException">A size is negative, larger than the file or implausible, or values do not fit it.</exception>
    public static void Check(PageHeader page, int? bits, bool hasLevels, long bytesLeftInFile, long chunkValues)
    {
        (long uncompressed, long compressed) = (page.UncompressedBytes, page.CompressedBytes);
        if (compressed < 0 || uncompressed < 0 || compressed > bytesLeftInFile)
            throw new InvalidDataException($"a page declares {compressed} bytes ({uncompressed} uncompressed), the file has {bytesLeftInFile} left");
        CheckGrowth(uncompressed, compressed);
        if (page.DefinitionBytes < 0 || page.RepetitionBytes < 0 || page.LevelBytes > Math.Min(compressed, uncompressed))
            throw new InvalidDataException($"a page declares {page.LevelBytes} bytes of levels in {compressed} bytes ({uncompressed} uncompressed)");
        long most = page.Kind == PageKind.Dictionary ? 8 * uncompressed / (bits is null ? LeastBits : 1) : chunkValues;
        if (page.Values < 0 || page.Values > most)
            throw new InvalidDataException($"a page declares {page.Values} values, but there is room for {most}");
        if (page.Nulls < 0 || page.Nulls > page.Values)
            throw new InvalidDataException($"a page declares {page.Nulls} nulls among {page.Values} values");
        if (bits is { } width)
            CheckWidth(page, width, hasLevels);
    }

    /// <summary>Checks the ratio of decompressed to compressed bytes.</summary>
    /// <exception cref="InvalidDataException">The ratio is implausible.</exception>
    public static void CheckGrowth(long uncompressed, long compressed)
    {
        if (uncompressed > AlwaysAllowedBytes && uncompressed > HighestRatio * compressed)
            throw new InvalidDataException($"a page declares {uncompressed} bytes from {compressed} compressed ones");
    }

    /// <summary>Checks that a page has one of the encodings that the footer lists: checksums do not cover headers.</summary>
    /// <exception cref="InvalidDataException">Its encoding is not listed.</exception>
    public static void CheckListed(PageHeader page, List<Encoding>? listed)
    {
        Encoding found = page.Encoding;
        if (page.Kind != PageKind.Dictionary && listed is { Count: > 0 } && !listed.Contains(found) && !IsDictionary(found))
            throw new InvalidDataException($"a page is encoded as {found}, but the footer says {string.Join(", ", listed)}");
    }

    private static bool IsDictionary(Encoding encoding) => encoding is Encoding.PLAIN_DICTIONARY or Encoding.RLE_DICTIONARY;

    /// <summary>Checks the size of plain values of fixed width: a page with fewer or more bytes has another encoding than its header says.</summary>
    private static void CheckWidth(PageHeader page, int bits, bool hasLevels)
    {
        bool dictionary = page.Kind == PageKind.Dictionary;
        if (!(page.Encoding is Encoding.PLAIN or Encoding.BYTE_STREAM_SPLIT || (dictionary && page.Encoding == Encoding.PLAIN_DICTIONARY)))
            return;
        // In a data page of version 1, the nulls and the size of the levels are only known after decompression.
        if ((dictionary || !hasLevels ? 0 : page.Nulls) is not long nulls)
            return;
        long values = page.Values - nulls, found = page.UncompressedBytes - page.LevelBytes;
        if (found != (values * bits + 7) / 8)
            throw new InvalidDataException($"a page declares {values} values of {bits} bits in {found} bytes");
    }

    /// <summary>Bits per value of a column; null if values have different widths.</summary>
    public static int? BitsOf(Leaf leaf) => leaf.Element.Type switch
    {
        PhysicalType.BOOLEAN => 1,
        PhysicalType.INT32 or PhysicalType.FLOAT => 32,
        PhysicalType.INT64 or PhysicalType.DOUBLE => 64,
        PhysicalType.INT96 => 96,
        PhysicalType.FIXED_LEN_BYTE_ARRAY => 8 * leaf.Element.TypeLength,
        _ => null,
    };
}
