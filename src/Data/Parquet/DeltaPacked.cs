using System.Numerics;

namespace GpuCtr.Data.Parquet;

/// <summary>Decodes DELTA_BINARY_PACKED: the first value, then differences in blocks, bit-packed above the smallest of their block.</summary>
/// <remarks>
/// Header: varints for values per block, miniblocks per block, number of values, and the first value (zigzag). Block: the smallest difference
/// (zigzag), one byte with the bit width of each miniblock, the miniblocks; unused miniblocks have a bit width but no body.
/// </remarks>
internal static class DeltaPacked
{
    private const int LargestBlock = 1 << 20, MiniblockUnit = 32;

    /// <summary>Fills <paramref name="to"/> with 32- or 64-bit integers, whose arithmetic wraps around; returns the bytes that they took.</summary>
    /// <exception cref="InvalidDataException">There are fewer or more values, or the header is invalid.</exception>
    public static int Decode<T>(ReadOnlySpan<byte> bytes, Span<T> to) where T : unmanaged, IBinaryInteger<T>
    {
        if (bytes.IsEmpty && to.IsEmpty)
            return 0;
        int at = 0;
        ulong block = Varint.Read(bytes, ref at), miniblocks = Varint.Read(bytes, ref at), count = Varint.Read(bytes, ref at);
        if (block is 0 or > LargestBlock || miniblocks is 0 || miniblocks > block || block % (miniblocks * MiniblockUnit) != 0)
            throw new InvalidDataException($"blocks of {block} differences in {miniblocks} parts");
        if (count != (ulong)to.Length)
            throw new InvalidDataException($"a page declares {to.Length} values and has {count}");
        long value = ZigZag(Varint.Read(bytes, ref at));
        if (to.IsEmpty)
            return at;
        to[0] = T.CreateTruncating(value);
        Span<long> differences = stackalloc long[MiniblockUnit];
        for (to = to[1..]; !to.IsEmpty;)
        {
            long least = ZigZag(Varint.Read(bytes, ref at));
            ReadOnlySpan<byte> widths = Take(bytes, ref at, (long)miniblocks);
            for (int m = 0; m < widths.Length && !to.IsEmpty; m++)
            {
                if (widths[m] > 64)
                    throw new InvalidDataException($"differences of {widths[m]} bits");
                for (int left = (int)(block / miniblocks); left > 0; left -= MiniblockUnit)
                {
                    // Writers may pad the last miniblock or cut it after its last value.
                    int here = Math.Min(MiniblockUnit, to.Length), whole = MiniblockUnit / 8 * widths[m];
                    BitPacked.Unpack(bytes[at..], widths[m], differences[..here]);
                    at = Math.Min(bytes.Length, at + whole);
                    for (int i = 0; i < here; i++)
                        to[i] = T.CreateTruncating(value = unchecked(value + least + differences[i]));
                    to = to[here..];
                }
            }
        }

        return at;
    }

    private static ReadOnlySpan<byte> Take(ReadOnlySpan<byte> bytes, ref int at, long count)
    {
        if (count > bytes.Length - at)
            throw BitPacked.TooFew();
        at += (int)count;
        return bytes.Slice(at - (int)count, (int)count);
    }

    private static long ZigZag(ulong raw) => (long)(raw >> 1) ^ -(long)(raw & 1);
}
