using Parquet.Meta;
using Snappier;
using ZstdSharp;

namespace GpuCtr.Engine.Data;

/// <summary>Reads and decompresses one page after the other into memory that is used again.</summary>
/// The codecs come with Parquet.Net, which uses the same ones.
internal sealed class PageBytes
{
    private byte[] compressed = [], whole = [];
    private Decompressor? zstd;

    /// <summary>Whether pages of a codec can be read.</summary>
    public static bool Knows(CompressionCodec codec) => codec is CompressionCodec.UNCOMPRESSED or CompressionCodec.SNAPPY or CompressionCodec.ZSTD;

    /// <summary>Levels and values of a page, decompressed; valid until the next page.</summary>
    /// <param name="stream">The file, at the byte after the header.</param>
    /// <param name="page">The header, its sizes checked.</param>
    /// <param name="codec">A codec that is known.</param>
    /// <exception cref="InvalidDataException">It does not decompress to what it declares.</exception>
    public ReadOnlySpan<byte> Read(ShardStream stream, PageHeader page, CompressionCodec codec)
    {
        int plain = (int)page.LevelBytes, size = (int)page.UncompressedBytes;
        if (plain > size || plain > page.CompressedBytes)
            throw new InvalidDataException($"a page declares {plain} bytes of levels in {page.CompressedBytes} bytes ({size} uncompressed)");
        Span<byte> to = Room(ref whole, size);
        if (codec == CompressionCodec.UNCOMPRESSED || !page.IsCompressed)
        {
            if (size != page.CompressedBytes)
                throw new InvalidDataException($"a page that is not compressed declares {page.CompressedBytes} and {size} bytes");
            stream.ReadExactly(to);
            return to;
        }

        Span<byte> from = Room(ref compressed, (int)page.CompressedBytes);
        stream.ReadExactly(from);
        // Levels of version 2 come first and are not compressed.
        from[..plain].CopyTo(to);
        int count = from.Length == plain ? 0 : Decompress(codec, from[plain..], to[plain..]);
        return count == size - plain ? to : throw new InvalidDataException($"a page declares {size - plain} bytes and decompresses to {count}");
    }

    private int Decompress(CompressionCodec codec, ReadOnlySpan<byte> from, Span<byte> to) =>
        codec == CompressionCodec.SNAPPY ? Snappy.Decompress(from, to) : (zstd ??= new Decompressor()).Unwrap(from, to);

    private static Span<byte> Room(ref byte[] array, int size)
    {
        if (array.Length < size)
            array = new byte[Math.Max(size, 1 << 16)];
        return array.AsSpan(0, size);
    }
}
