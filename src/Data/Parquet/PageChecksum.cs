using System.Buffers;
using System.IO.Hashing;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Parquet;

/// <summary>Verifies the CRC-32 that some writers (parquet-mr, hence Spark) put into page headers.</summary>
internal static class PageChecksum
{
    /// <summary>Checks the bytes of a page, if its header has a checksum; the header begins at <paramref name="at"/>.</summary>
    /// <exception cref="InvalidDataException">The checksum does not match.</exception>
    public static void Verify(ShardStream stream, long at, int headerBytes, PageHeader page)
    {
        if (page.Checksum is not { } expected)
            return;
        byte[] scratch = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            var crc = new Crc32();
            for (long position = at + headerBytes, end = position + page.CompressedBytes; position < end;)
            {
                int count = stream.Peek(position, scratch.AsSpan(0, (int)Math.Min(scratch.Length, end - position)));
                if (count == 0)
                    return; // the page is longer than the file: the reader reports that
                crc.Append(scratch.AsSpan(0, count));
                position += count;
            }

            uint found = crc.GetCurrentHashAsUInt32();
            if (found != expected)
                throw new InvalidDataException($"the checksum of the page at byte {at} is {found:x8}, it was written as {expected:x8}");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }
}
