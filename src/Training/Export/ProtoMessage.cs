using System.Buffers.Binary;
using System.Text;

namespace GpuCtr.Training.Export;

/// <summary>Encodes a protocol buffers message. A field is a tag followed by a variable-length integer, four or eight bytes, or a length and that many bytes.</summary>
/// <remarks>ONNX needs nothing else. Its few messages are spelled out where they are written, so there is no generated code.</remarks>
internal sealed class ProtoMessage
{
    private readonly MemoryStream bytes = new();

    /// <summary>An integer, negative ones in ten bytes.</summary>
    public ProtoMessage Integer(int field, long value)
    {
        Varint((ulong)field << 3);
        Varint(unchecked((ulong)value));
        return this;
    }

    /// <summary>A float.</summary>
    public ProtoMessage Float(int field, float value)
    {
        Span<byte> four = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(four, value);
        Varint((ulong)field << 3 | 5);
        bytes.Write(four);
        return this;
    }

    /// <summary>A double.</summary>
    public ProtoMessage Double(int field, double value)
    {
        Span<byte> eight = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(eight, value);
        Varint((ulong)field << 3 | 1);
        bytes.Write(eight);
        return this;
    }

    /// <summary>Bytes.</summary>
    public ProtoMessage Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint((ulong)field << 3 | 2);
        Varint((ulong)value.Length);
        bytes.Write(value);
        return this;
    }

    /// <summary>A string.</summary>
    public ProtoMessage Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    /// <summary>A message within this one.</summary>
    public ProtoMessage Message(int field, ProtoMessage value) => Bytes(field, value.AsSpan());

    /// <summary>Adds the fields of another message to this one.</summary>
    public ProtoMessage Append(ProtoMessage fields)
    {
        bytes.Write(fields.AsSpan());
        return this;
    }

    /// <summary>The encoded bytes.</summary>
    public ReadOnlySpan<byte> AsSpan() => bytes.GetBuffer().AsSpan(0, (int)bytes.Length);

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            bytes.WriteByte((byte)(value | 0x80));
        bytes.WriteByte((byte)value);
    }
}
