namespace GpuCtr.Data.Parquet;

/// <summary>Decodes Parquet's RLE / bit-packing hybrid, used for levels, dictionary indices and booleans.</summary>
/// <remarks>A run: varint 2 × length, then the value in whole bytes. Bit-packed groups: varint 2 × groups + 1, then eight values per group.</remarks>
internal static class RleBitPackedDecoder
{
    private const int GroupValues = 8;

    /// <summary>Fills <paramref name="to"/>; returns the number of bytes read.</summary>
    /// <param name="bytes">The encoded values; bytes after them are not read.</param>
    /// <param name="bits">Bits of a value, at most 32.</param>
    /// <param name="to">Receives the values; its length is the number of values that must be there.</param>
    /// <exception cref="InvalidDataException">There are fewer or more values, or values are too wide.</exception>
    public static int Decode(ReadOnlySpan<byte> bytes, int bits, Span<int> to)
    {
        if ((uint)bits > 32)
            throw new InvalidDataException($"values of {bits} bits; at most 32 are possible");
        int at = 0;
        while (!to.IsEmpty)
        {
            uint head = (uint)Varint.Read(bytes, ref at, bits: 32);
            bool repeated = (head & 1) == 0;
            long count = repeated ? head >> 1 : (long)(head >> 1) * GroupValues;
            // The last groups may be padded; some writers pad with hundreds of values.
            if (count == 0 || (repeated && count > to.Length))
                throw new InvalidDataException($"a run of {count} values, but only {to.Length} are expected");
            Span<int> run = to[..(int)Math.Min(count, to.Length)];
            if (repeated)
            {
                run.Fill(Whole(bytes, at, bits));
                at += (bits + 7) / 8;
            }
            else
            {
                BitPacked.Unpack(bytes[at..], bits, run);
                at = (int)Math.Min(bytes.Length, at + count * bits / 8);
            }

            to = to[run.Length..];
        }

        return at;
    }

    private static int Whole(ReadOnlySpan<byte> bytes, int at, int bits)
    {
        int count = (bits + 7) / 8;
        if (at + count > bytes.Length)
            throw BitPacked.TooFew();
        uint value = 0;
        for (int i = 0; i < count; i++)
            value |= (uint)bytes[at + i] << (8 * i);
        return (ulong)value >> bits == 0 ? (int)value : throw new InvalidDataException($"the value {value} does not fit in {bits} bits");
    }
}
