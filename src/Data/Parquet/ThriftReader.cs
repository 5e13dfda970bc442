using System.Text;

namespace GpuCtr.Data.Parquet;

/// <summary>Types of Thrift's compact protocol.</summary>
internal static class ThriftType
{
    /// <summary>A field with the value true: the type encodes the value.</summary>
    public const int Yes = 1;

    /// <summary>A field with the value false.</summary>
    public const int No = 2;

    /// <summary>8 bits.</summary>
    public const int Byte = 3;

    /// <summary>32 bits, as a varint.</summary>
    public const int Int32 = 5;

    /// <summary>64 bits, as a varint.</summary>
    public const int Int64 = 6;

    /// <summary>Bytes, preceded by their count.</summary>
    public const int Binary = 8;

    /// <summary>Elements of one type, preceded by their count.</summary>
    public const int List = 9;

    /// <summary>Fields, terminated by a zero byte.</summary>
    public const int Struct = 12;
}

/// <summary>Reads the fields of Thrift compact structures in sequence. Truncated bytes cause an <see cref="ArgumentException"/> or an <see cref="IndexOutOfRangeException"/>.</summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    private const int DeepestNesting = 32;
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
    public int ListHead() => ListHead(out _);

    /// <summary>Number of elements of a list of structures that is the value of a field.</summary>
    /// <exception cref="InvalidDataException">The field is something else.</exception>
    public int ListOf(int field, int type, int elements)
    {
        Expect(field, type, ThriftType.List);
        int count = ListHead(out int element);
        return count == 0 || element == elements ? count : throw new InvalidDataException($"the list in field {field} has elements of type {element} in place of {elements}");
    }

    /// <summary>A signed number.</summary>
    public int Integer() => (int)Long();

    /// <summary>A signed number of 64 bits.</summary>
    public long Long()
    {
        ulong raw = Varint();
        return (long)(raw >> 1) ^ -(long)(raw & 1);
    }

    /// <summary>The value of a field of 32 bits.</summary>
    /// <exception cref="InvalidDataException">The field is something else.</exception>
    public int Integer(int field, int type)
    {
        Expect(field, type, ThriftType.Int32);
        long value = Long();
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw new InvalidDataException($"field {field} has {value}, which does not fit into 32 bits");
    }

    /// <summary>The value of a field of 64 bits.</summary>
    /// <exception cref="InvalidDataException">The field is something else.</exception>
    public long Long(int field, int type)
    {
        Expect(field, type, ThriftType.Int64);
        return Long();
    }

    /// <summary>The value of a field of 8 bits.</summary>
    /// <exception cref="InvalidDataException">The field is something else.</exception>
    public byte Byte(int field, int type)
    {
        Expect(field, type, ThriftType.Byte);
        return Byte();
    }

    /// <summary>The value of a field of bytes.</summary>
    /// <exception cref="InvalidDataException">The field is something else.</exception>
    public ReadOnlySpan<byte> Bytes(int field, int type)
    {
        Expect(field, type, ThriftType.Binary);
        return Bytes();
    }

    /// <summary>Bytes.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        int count = (int)Varint();
        ReadOnlySpan<byte> value = rest[..count];
        rest = rest[count..];
        return value;
    }

    /// <summary>A string.</summary>
    public string Text() => Encoding.UTF8.GetString(Bytes());

    /// <exception cref="InvalidDataException">A field has the wrong type.</exception>
    public static void Expect(int field, int type, int expected)
    {
        if (type != expected)
            throw new InvalidDataException($"field {field} has type {type} in place of {expected}");
    }

    /// <summary>Skips the value of a field.</summary>
    /// <exception cref="InvalidDataException">An unknown type, or structures nested too deeply.</exception>
    public void Skip(int type) => Skip(type, 0, isElement: false);

    private void Skip(int type, int depth, bool isElement)
    {
        if (depth > DeepestNesting)
            throw new InvalidDataException("structures are nested too deeply");
        switch (type)
        {
            case ThriftType.Yes or ThriftType.No:
                rest = rest[(isElement ? 1 : 0)..];
                break;
            case ThriftType.Byte: rest = rest[1..]; break;
            case 4 or ThriftType.Int32 or ThriftType.Int64: Varint(); break;
            case 7: rest = rest[8..]; break;
            case ThriftType.Binary: Bytes(); break;
            case ThriftType.List or 10:
                int count = ListHead(out int element);
                for (int i = 0; i < count; i++)
                    Skip(element, depth + 1, isElement: true);
                break;
            case ThriftType.Struct:
                for (int field = 0; NextField(ref field, out int inner);)
                    Skip(inner, depth + 1, isElement: false);
                break;
            default: throw new InvalidDataException($"type {type} is not used by Parquet");
        }
    }

    private int ListHead(out int element)
    {
        byte head = Byte();
        element = head & 15;
        return head >> 4 == 15 ? (int)Varint() : head >> 4;
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
