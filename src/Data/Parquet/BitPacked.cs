using System.Buffers.Binary;

namespace GpuCtr.Data.Parquet;

/// <summary>Bit-packed values: consecutive, from the lowest bit of the first byte on.</summary>
internal static class BitPacked
{
    /// <summary>Unpacks values of at most 32 bits.</summary>
    /// <exception cref="InvalidDataException">There are not bytes enough.</exception>
    public static void Unpack(ReadOnlySpan<byte> bytes, int bits, Span<int> to)
    {
        CheckLength(bytes, bits, to.Length);
        ulong mask = (1UL << bits) - 1;
        int done = 0;
        long bit = 0;
        // A load of eight bytes contains the whole value, at whichever bit of the first byte it begins.
        for (; done < to.Length && (int)(bit >> 3) + sizeof(ulong) <= bytes.Length; done++, bit += bits)
            to[done] = (int)((BinaryPrimitives.ReadUInt64LittleEndian(bytes[(int)(bit >> 3)..]) >> (int)(bit & 7)) & mask);
        if (done == to.Length)
            return;
        Span<byte> end = stackalloc byte[3 * sizeof(ulong)];
        end.Clear();
        bytes[(int)(bit >> 3)..].CopyTo(end);
        for (bit &= 7; done < to.Length; done++, bit += bits)
            to[done] = (int)((BinaryPrimitives.ReadUInt64LittleEndian(end[(int)(bit >> 3)..]) >> (int)(bit & 7)) & mask);
    }

    /// <summary>Unpacks values of at most 64 bits.</summary>
    /// <exception cref="InvalidDataException">There are not bytes enough.</exception>
    public static void Unpack(ReadOnlySpan<byte> bytes, int bits, Span<long> to)
    {
        CheckLength(bytes, bits, to.Length);
        ulong mask = bits == 64 ? ulong.MaxValue : (1UL << bits) - 1;
        long bit = 0;
        for (int i = 0; i < to.Length; i++, bit += bits)
        {
            (int at, int shift) = ((int)(bit >> 3), (int)(bit & 7));
            ulong value = Word(bytes[at..]) >> shift;
            if (shift + bits > 64)
                value |= (ulong)bytes[at + sizeof(ulong)] << (64 - shift);
            to[i] = (long)(value & mask);
        }
    }

    /// <summary>The error for missing values.</summary>
    public static InvalidDataException TooFew() => new("fewer values than declared");

    private static void CheckLength(ReadOnlySpan<byte> bytes, int bits, int count)
    {
        if (((long)count * bits + 7) / 8 > bytes.Length)
            throw TooFew();
    }

    private static ulong Word(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= sizeof(ulong))
            return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        ulong word = 0;
        for (int i = 0; i < bytes.Length; i++)
            word |= (ulong)bytes[i] << (8 * i);
        return word;
    }
}
