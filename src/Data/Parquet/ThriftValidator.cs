namespace GpuCtr.Data.Parquet;

/// <summary>
/// Walks a Thrift compact structure without interpreting it: every length and count must stay inside the bytes. Damaged
/// footers that would make a parser loop forever, or allocate for elements that do not exist, are refused here.
/// </summary>
internal ref struct ThriftValidator(ReadOnlySpan<byte> bytes)
{
    private const int DeepestNesting = 32;
    private ReadOnlySpan<byte> rest = bytes;

    /// <exception cref="InvalidDataException">The structure does not fit its bytes.</exception>
    public static void Check(ReadOnlySpan<byte> bytes) => new ThriftValidator(bytes).Struct(0);

    private void Struct(int depth)
    {
        if (depth > DeepestNesting)
            throw new InvalidDataException("structures are nested too deeply");
        while (true)
        {
            byte head = Byte();
            if (head == 0)
                return;
            if (head >> 4 == 0)
                Varint(); // a field number too far from the previous one for the short form
            Value(head & 15, depth, inList: false);
        }
    }

    private void Value(int type, int depth, bool inList)
    {
        switch (type)
        {
            case 1 or 2: // a boolean field is encoded in its header, a boolean element is a byte
                Skip((ulong)(inList ? 1 : 0));
                break;
            case 3:
                Skip(1);
                break;
            case 4 or 5 or 6:
                Varint();
                break;
            case 7:
                Skip(8);
                break;
            case 8:
                Skip(Varint());
                break;
            case 9 or 10:
                List(depth);
                break;
            case 11:
                Map(depth);
                break;
            case 12:
                Struct(depth + 1);
                break;
            default:
                throw new InvalidDataException($"unknown field type {type}");
        }
    }

    private void List(int depth)
    {
        byte head = Byte();
        ulong size = head >> 4 == 15 ? Varint() : (ulong)(head >> 4);
        Fits(size);
        for (ulong i = 0; i < size; i++)
            Value(head & 15, depth, inList: true);
    }

    private void Map(int depth)
    {
        ulong size = Varint();
        Fits(size);
        int types = size > 0 ? Byte() : 0;
        for (ulong i = 0; i < size; i++)
        {
            Value(types >> 4, depth, inList: true);
            Value(types & 15, depth, inList: true);
        }
    }

    private byte Byte()
    {
        Fits(1);
        byte value = rest[0];
        rest = rest[1..];
        return value;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte next = Byte();
            value |= shift < 64 ? (ulong)(next & 0x7F) << shift : 0;
            if (next < 0x80)
                return value;
        }

        throw new InvalidDataException("a number has more than 10 bytes");
    }

    private void Skip(ulong count)
    {
        Fits(count);
        rest = rest[(int)count..];
    }

    private readonly void Fits(ulong count)
    {
        if (count > (ulong)rest.Length)
            throw new InvalidDataException($"it declares {count} bytes or elements, but {rest.Length} bytes are left");
    }
}
