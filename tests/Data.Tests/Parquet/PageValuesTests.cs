using GpuCtr.Data.Parquet;
using GpuCtr.Data.Shards;
using Parquet.Meta;
using PageHeader = GpuCtr.Data.Parquet.PageHeader;
using PhysicalType = Parquet.Meta.Type;

namespace GpuCtr.Data.Tests.Parquet;

/// <summary>Pages with false statements, made by hand, because no writer produces them.</summary>
[Trait("Speed", "Fast")]
public sealed class PageValuesTests
{
    [Fact]
    public void Differences_wrap_around_and_must_be_as_many_as_declared()
    {
        long[] values = [5, long.MaxValue, long.MinValue, -1, 0, .. Enumerable.Range(0, 300).Select(i => (long)i * i * 1_000_003)];
        byte[] bytes = Differences(values);
        long[] decoded = new long[values.Length];
        Assert.Equal(bytes.Length, DeltaPacked.Decode<long>([.. bytes, 9], decoded));
        Assert.Equal(values, decoded);
        Assert.Throws<InvalidDataException>(() => DeltaPacked.Decode<long>(bytes, new long[values.Length - 1]));
        Assert.Throws<InvalidDataException>(() => DeltaPacked.Decode<long>(bytes.AsSpan(0, bytes.Length / 2), decoded));
        Assert.Throws<InvalidDataException>(() => DeltaPacked.Decode<long>([0, 0, 1, 0], new long[1]));
        Assert.Throws<InvalidDataException>(() => DeltaPacked.Decode<long>([128, 1, 255, 255, 255, 255, 255, 255, 255, 255, 127, 1, 0], new long[1]));
    }

    [Fact]
    public void Values_that_grow_out_of_all_proportion_are_refused()
    {
        const int length = 1 << 16, count = 2000;
        byte[] page = [.. Differences([0, .. Enumerable.Repeat((long)length, count - 1)]), .. Differences([length, .. new long[count - 1]]), .. new byte[length]];
        var values = new BytesValues<int>(new ColumnBuffer(), 0, static bytes => bytes.Length);
        Assert.Contains("compressed", Assert.Throws<InvalidDataException>(() => values.Decode(Encoding.DELTA_BYTE_ARRAY, page, new int[count])).Message);
        Assert.Throws<InvalidDataException>(() => values.Decode(Encoding.DELTA_BYTE_ARRAY, [.. Differences([1]), .. Differences([0])], new int[1]));
        Assert.Throws<InvalidDataException>(() => values.Decode(Encoding.DELTA_LENGTH_BYTE_ARRAY, [.. Differences([-1, 2]), 1], new int[2]));
    }

    [Fact]
    public void Encodings_that_are_not_read_are_named()
    {
        var integers = new NumberValues<int, long>(new ColumnBuffer(), static (_, _) => { });
        Assert.Contains("DELTA_BYTE_ARRAY", Assert.Throws<NotSupportedException>(() => integers.Decode(Encoding.DELTA_BYTE_ARRAY, [], [])).Message);
        Assert.Contains("LZO", Assert.Throws<NotSupportedException>(() => PageBytes.CheckCodec(CompressionCodec.LZO)).Message);
        PageHeader page = Page(Encoding.PLAIN) with { DefinitionEncoding = Encoding.BIT_PACKED };
        Assert.Contains("levels are encoded as BIT_PACKED", Assert.Throws<NotSupportedException>(() =>
        {
            ReadOnlySpan<byte> bytes = [1, 2, 3];
            new DremelLevels(ColumnLayout.Of("a", new Leaf(new SchemaElement { Type = PhysicalType.INT32 }, 1, 0), false, 0), Reserved(), 8).Take(page, ref bytes);
        }).Message);
    }

    [Fact]
    public void A_page_has_an_encoding_that_the_footer_lists()
    {
        PageGuard.CheckListed(Page(Encoding.PLAIN), [Encoding.RLE, Encoding.PLAIN]);
        PageGuard.CheckListed(Page(Encoding.RLE_DICTIONARY), [Encoding.RLE, Encoding.PLAIN_DICTIONARY]);
        PageGuard.CheckListed(Page(Encoding.PLAIN), []);
        Assert.Throws<InvalidDataException>(() => PageGuard.CheckListed(Page(Encoding.BYTE_STREAM_SPLIT), [Encoding.RLE, Encoding.PLAIN]));
    }

    private static PageHeader Page(Encoding encoding) => new(PageKind.Data, 3, 3, null, 8, encoding);

    private static ColumnBuffer Reserved()
    {
        var buffer = new ColumnBuffer { Rows = 8 };
        buffer.Reserve(ValueKind.Integer, 8);
        buffer.ReserveLevels(8, repetition: false);
        return buffer;
    }

    /// <summary>Blocks of 128 differences in one part of 64 bits each.</summary>
    private static byte[] Differences(long[] values)
    {
        List<byte> bytes = [.. Varint(128), .. Varint(1), .. Varint((ulong)values.Length), .. Varint(ZigZag(values[0]))];
        for (int from = 1; from < values.Length; from += 128)
        {
            bytes.AddRange([.. Varint(0), 64]);
            for (int i = from; i < from + 128; i++)
                bytes.AddRange(BitConverter.GetBytes(i < values.Length ? unchecked(values[i] - values[i - 1]) : 0));
        }

        return [.. bytes];
    }

    private static ulong ZigZag(long value) => unchecked((ulong)((value << 1) ^ (value >> 63)));

    private static IEnumerable<byte> Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            yield return (byte)(value | 0x80);
        yield return (byte)value;
    }
}
