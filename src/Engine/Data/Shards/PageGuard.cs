namespace GpuCtr.Engine.Data;

/// <summary>
/// Checks the sizes that a page header declares before the Parquet reader allocates what they ask for.
/// </summary>
/// The header is Thrift compact: fields 1 type, 2 uncompressed size, 3 compressed size, 4 checksum, then one struct
/// (5 data page, 7 dictionary page, 8 data page v2) whose first field is the number of values.
internal static class PageGuard
{
    private const int AlwaysAllowedBytes = 64 << 20;

    // What gzip can reach at most, and more than any page of real values reaches.
    private const long HighestRatio = 1100;

    /// <exception cref="InvalidDataException">A size is negative, larger than the file or out of all proportion.</exception>
    public static void Check(ReadOnlySpan<byte> header, long bytesLeftInFile, long chunkValues)
    {
        var thrift = new Varints(header);
        if (!thrift.Field(0x15, out int type) || !thrift.Field(0x15, out int uncompressed) || !thrift.Field(0x15, out int compressed))
            return; // unusual writer: the reader itself will judge
        if (compressed < 0 || uncompressed < 0 || compressed > bytesLeftInFile)
            throw new InvalidDataException($"a page declares {compressed} bytes ({uncompressed} uncompressed), the file has {bytesLeftInFile} left");
        if (uncompressed > AlwaysAllowedBytes && uncompressed > HighestRatio * compressed)
            throw new InvalidDataException($"a page declares {uncompressed} bytes from {compressed} compressed ones");
        thrift.Field(0x15, out _); // optional checksum
        if (!thrift.StructHead() || !thrift.Field(0x15, out int values))
            return;
        const int dictionaryPage = 2;
        long most = type == dictionaryPage ? 8L * uncompressed : chunkValues;
        if (values < 0 || values > most)
            throw new InvalidDataException($"a page declares {values} values, there is room for {most}");
    }

    private ref struct Varints(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> rest = bytes;

        /// <summary>Reads a zigzag integer if the next field head is the expected one.</summary>
        public bool Field(byte head, out int value)
        {
            value = 0;
            if (rest.IsEmpty || rest[0] != head)
                return false;
            ulong raw = 0;
            for (int i = 1, shift = 0; i < rest.Length && shift < 64; i++, shift += 7)
            {
                raw |= (ulong)(rest[i] & 0x7F) << shift;
                if (rest[i] >= 0x80)
                    continue;
                rest = rest[(i + 1)..];
                value = unchecked((int)((uint)raw >> 1) ^ -(int)(raw & 1));
                return true;
            }

            return false;
        }

        public bool StructHead()
        {
            if (rest.IsEmpty || (rest[0] & 0x0F) != 0x0C)
                return false;
            rest = rest[1..];
            return true;
        }
    }
}
