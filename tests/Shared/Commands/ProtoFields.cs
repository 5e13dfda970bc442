using System.Buffers.Binary;

namespace GpuCtr.Tests;

/// <summary>A second reader of protocol buffers.</summary>
internal static class ProtoFields
{
    /// <summary>Its fields in order: numbers, or bytes of strings and messages.</summary>
    public static IEnumerable<(int Field, ulong Number, byte[] Bytes)> Of(byte[] message)
    {
        for (int at = 0; at < message.Length;)
        {
            ulong tag = Varint(message, ref at);
            int field = (int)(tag >> 3), start;
            switch (tag & 7)
            {
                case 0: yield return (field, Varint(message, ref at), []); break;
                case 1: yield return (field, BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at)), []); at += 8; break;
                case 5: yield return (field, BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at)), []); at += 4; break;
                default:
                    int length = (int)Varint(message, ref at);
                    start = at;
                    at += length;
                    yield return (field, 0, message[start..at]);
                    break;
            }
        }
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = message[at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return value;
        }
    }
}
