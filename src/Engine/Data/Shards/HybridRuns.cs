using System.Buffers.Binary;

namespace GpuCtr.Engine.Data;

/// <summary>Decodes Parquet's hybrid of runs and bit-packed groups, in which levels and positions in a dictionary are written.</summary>
/// A run: varint 2 × length, the value in whole bytes. Groups: varint 2 × groups + 1, eight values of so many bits each.
internal static class HybridRuns
{
    private const int GroupValues = 8;

    /// <summary>Fills <paramref name="to"/>.</summary>
    /// <param name="bytes">The encoded values; what is behind them is not read.</param>
    /// <param name="bits">Bits of a value, at most 32.</param>
    /// <param name="to">As many values as there must be.</param>
    /// <exception cref="InvalidDataException">There are fewer, or values are too wide.</exception>
    public static void Decode(ReadOnlySpan<byte> bytes, int bits, Span<int> to)
    {
        if ((uint)bits > 32)
            throw new InvalidDataException($"values of {bits} bits where at most 32 are possible");
        int at = 0;
        while (!to.IsEmpty)
        {
            uint head = Varint(bytes, ref at);
            long count = (head & 1) == 0 ? head >> 1 : (long)(head >> 1) * GroupValues;
            if (count == 0)
                throw new InvalidDataException("a run without values");
            Span<int> run = to[..(int)Math.Min(count, to.Length)];
            if ((head & 1) == 0)
            {
                run.Fill(Whole(bytes, at, (bits + 7) / 8));
                at += (bits + 7) / 8;
            }
            else
            {
                Unpack(bytes[at..], bits, run);
                at = (int)Math.Min(bytes.Length, at + count * bits / 8);
            }

            to = to[run.Length..];
        }
    }

    private static uint Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        uint value = 0;
        for (int shift = 0; shift < 32; shift += 7)
        {
            if (at >= bytes.Length)
                throw new InvalidDataException("fewer values than declared");
            byte next = bytes[at++];
            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        throw new InvalidDataException("a run of more than 2^31 values");
    }

    private static int Whole(ReadOnlySpan<byte> bytes, int at, int count)
    {
        if (at + count > bytes.Length)
            throw new InvalidDataException("fewer values than declared");
        uint value = 0;
        for (int i = 0; i < count; i++)
            value |= (uint)bytes[at + i] << (8 * i);
        return (int)value;
    }

    private static void Unpack(ReadOnlySpan<byte> bytes, int bits, Span<int> to)
    {
        if (((long)to.Length * bits + 7) / 8 > bytes.Length)
            throw new InvalidDataException("fewer values than declared");
        ulong mask = (1UL << bits) - 1;
        int done = 0;
        long bit = 0;
        // A load of eight bytes holds a value wherever in its first byte it begins.
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
}
