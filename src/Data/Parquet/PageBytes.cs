using System.IO.Compression;
using System.Runtime.InteropServices;
using GpuCtr.Data.Shards;
using K4os.Compression.LZ4;
using Parquet.Meta;
using Snappier;
using ZstdSharp;

namespace GpuCtr.Data.Parquet;

/// <summary>Reads and decompresses one page after the other into reused memory.</summary>
/// <remarks>The codecs are those of .NET and of the packages that come with Parquet.Net.</remarks>
internal sealed class PageBytes
{
    private byte[] compressed = [], whole = [];
    private Decompressor? zstd;

    /// <exception cref="NotSupportedException">Pages of this codec cannot be read.</exception>
    public static void CheckCodec(CompressionCodec codec)
    {
        if (codec == CompressionCodec.LZ4)
            throw new NotSupportedException("it is compressed as LZ4, which has two framings that cannot be distinguished");
        if (codec is not (CompressionCodec.UNCOMPRESSED or CompressionCodec.SNAPPY or CompressionCodec.GZIP or CompressionCodec.ZSTD or CompressionCodec.LZ4_RAW or CompressionCodec.BROTLI))
            throw new NotSupportedException($"it is compressed as {codec}, which is not supported");
    }

    /// <summary>Levels and values of a page, decompressed; valid until the next page.</summary>
    /// <param name="stream">The file, at the byte after the header.</param>
    /// <param name="page">The header, checked.</param>
    /// <param name="codec">A supported codec.</param>
    /// <exception cref="InvalidDataException">It does not decompress to its declared size.</exception>
    public ReadOnlySpan<byte> Read(ShardStream stream, PageHeader page, CompressionCodec codec)
    {
        int plain = (int)page.LevelBytes, size = (int)page.UncompressedBytes;
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
        // In version 2 the levels come first and are not compressed.
        from[..plain].CopyTo(to);
        int count = from.Length == plain ? 0 : Decompress(codec, compressed.AsMemory(plain, from.Length - plain), to[plain..]);
        return count == size - plain ? to : throw new InvalidDataException($"a page declares {size - plain} bytes and decompresses to {count}");
    }

    private int Decompress(CompressionCodec codec, ReadOnlyMemory<byte> from, Span<byte> to) => codec switch
    {
        CompressionCodec.SNAPPY => Snappy.Decompress(from.Span, to),
        CompressionCodec.ZSTD => (zstd ??= new Decompressor()).Unwrap(from.Span, to),
        CompressionCodec.LZ4_RAW => LZ4Codec.Decode(from.Span, to),
        CompressionCodec.BROTLI => BrotliDecoder.TryDecompress(from.Span, to, out int written) ? written : -1,
        _ => Inflate(from, to),
    };

    /// <summary>Decompresses gzip of one or several members; of excess bytes only one is read, which is enough to detect them.</summary>
    private static int Inflate(ReadOnlyMemory<byte> from, Span<byte> to)
    {
        MemoryMarshal.TryGetArray(from, out ArraySegment<byte> segment);
        using var gzip = new GZipStream(new MemoryStream(segment.Array!, segment.Offset, segment.Count), CompressionMode.Decompress);
        int count = gzip.ReadAtLeast(to, to.Length, throwOnEndOfStream: false);
        return gzip.ReadByte() < 0 ? count : count + 1;
    }

    private static Span<byte> Room(ref byte[] array, int size)
    {
        if (array.Length < size)
            array = new byte[Math.Max(size, 1 << 16)];
        return array.AsSpan(0, size);
    }
}
