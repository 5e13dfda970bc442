namespace GpuCtr.Data.Parquet;

/// <summary>Numbers of as many bytes as they need (ULEB128): seven bits a byte from the lowest on, the eighth says that more follow.</summary>
internal static class Varint
{
    /// <summary>Reads the number at <paramref name="at"/> and moves behind it.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="at">Where the number begins.</param>
    /// <param name="bits">The most that it has.</param>
    /// <exception cref="InvalidDataException">It has more, or the bytes end first.</exception>
    public static ulong Read(ReadOnlySpan<byte> bytes, ref int at, int bits = 64)
    {
        ulong value = 0;
        for (int shift = 0; shift < bits; shift += 7)
        {
            if (at >= bytes.Length)
                throw BitPacked.TooFew();
            byte next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        throw new InvalidDataException($"a number of more than {bits} bits");
    }
}
