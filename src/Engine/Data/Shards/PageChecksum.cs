using System.Buffers;
using System.IO.Hashing;

namespace GpuCtr.Engine.Data;

/// <summary>Verifies the CRC-32 that some writers (parquet-mr, hence Spark) put into page headers; the Parquet library does not.</summary>
/// A page header is Thrift compact: 3 compressed size, 4 CRC of the bytes that follow the header.
internal static class PageChecksum
{
    private const int FirstBytes = 32, LargestHeaderBytes = 1 << 14;
    private const int CompressedSize = 3, Checksum = 4;

    /// <summary>Checks the page that begins at <paramref name="at"/>, if it has a checksum.</summary>
    /// <exception cref="InvalidDataException">Its bytes are not the ones that were written.</exception>
    public static void Verify(ShardStream stream, long at)
    {
        // Statistics can make a header long, but its first bytes say whether there is a checksum: most pages have none.
        Span<byte> first = stackalloc byte[FirstBytes];
        if (!HasChecksum(first[..stream.Peek(at, first)]))
            return;
        byte[] scratch = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            Verify(stream, at, scratch);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    private static void Verify(ShardStream stream, long at, byte[] scratch)
    {
        if (Find(scratch.AsSpan(0, stream.Peek(at, scratch.AsSpan(0, LargestHeaderBytes)))) is not var (header, size, expected))
            return;
        var crc = new Crc32();
        for (long position = at + header, end = position + size; position < end;)
        {
            int count = stream.Peek(position, scratch.AsSpan(0, (int)Math.Min(scratch.Length, end - position)));
            if (count == 0)
                return; // the page is longer than the file: the reader will say so
            crc.Append(scratch.AsSpan(0, count));
            position += count;
        }

        uint found = crc.GetCurrentHashAsUInt32();
        if (found != expected)
            throw new InvalidDataException($"the checksum of the page at byte {at} is {found:x8}, it was written as {expected:x8}");
    }

    private static bool HasChecksum(ReadOnlySpan<byte> head)
    {
        try
        {
            var thrift = new ThriftReader(head);
            int field = 0;
            while (thrift.NextField(ref field, out int type) && field < Checksum)
                thrift.Skip(type);
            return field == Checksum;
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentException or InvalidDataException)
        {
            return false;
        }
    }

    private static (int Header, int Size, uint Checksum)? Find(ReadOnlySpan<byte> head)
    {
        try
        {
            var thrift = new ThriftReader(head);
            int size = -1;
            uint? checksum = null;
            for (int field = 0; thrift.NextField(ref field, out int type);)
            {
                if (field == CompressedSize && type == 5)
                    size = thrift.Integer();
                else if (field == Checksum && type == 5)
                    checksum = (uint)thrift.Integer();
                else
                    thrift.Skip(type);
            }

            return checksum is null || size < 0 ? null : (thrift.Position, size, checksum.Value);
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentException or InvalidDataException)
        {
            return null; // no page header: the reader will judge
        }
    }
}
