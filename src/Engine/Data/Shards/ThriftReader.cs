using System.Text;

namespace GpuCtr.Engine.Data;

/// <summary>Reads the fields of Thrift compact structures one after the other. Bytes that end too soon are an <see cref="ArgumentException"/> or an <see cref="IndexOutOfRangeException"/>.</summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    private readonly int length = bytes.Length;
    private ReadOnlySpan<byte> rest = bytes;

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => length - rest.Length;

    /// <summary>Moves to the next field of the structure whose last field was <paramref name="field"/>; false at its end.</summary>
    public bool NextField(ref int field, out int type)
    {
        byte head = Byte();
        type = head & 15;
        if (head != 0)
            field = head >> 4 == 0 ? Integer() : field + (head >> 4);
        return head != 0;
    }

    /// <summary>Number of elements of a list that begins here.</summary>
    public int ListHead()
    {
        byte head = Byte();
        return head >> 4 == 15 ? (int)Varint() : head >> 4;
    }

    /// <summary>A signed number.</summary>
    public int Integer()
    {
        uint raw = (uint)Varint();
        return (int)(raw >> 1) ^ -(int)(raw & 1);
    }

    /// <summary>A string.</summary>
    public string Text()
    {
        int count = (int)Varint();
        string text = Encoding.UTF8.GetString(rest[..count]);
        rest = rest[count..];
        return text;
    }

    /// <summary>Passes over a value.</summary>
    /// <exception cref="InvalidDataException">A list or map, which neither schemas nor page headers have.</exception>
    public void Skip(int type)
    {
        switch (type)
        {
            case 1 or 2: break;
            case 3: rest = rest[1..]; break;
            case 4 or 5 or 6: Varint(); break;
            case 7: rest = rest[8..]; break;
            case 8: rest = rest[(int)Varint()..]; break;
            case 12:
                for (int field = 0; NextField(ref field, out int inner);)
                    Skip(inner);
                break;
            default: throw new InvalidDataException("a list or map where none is expected");
        }
    }

    private byte Byte()
    {
        byte value = rest[0];
        rest = rest[1..];
        return value;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = Byte();
            value |= (ulong)(next & 0x7F) << (shift & 63);
            if (next < 0x80)
                return value;
        }
    }
}
