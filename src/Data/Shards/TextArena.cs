using System.Buffers;
using System.Text.Unicode;

namespace GpuCtr.Data.Shards;

/// <summary>Memory for the characters of a column's texts, in blocks that are reused for the next column.</summary>
internal sealed class TextArena
{
    private const int BlockChars = 1 << 15;

    private readonly List<char[]> blocks = [];
    private int block, used;

    /// <summary>Releases all texts.</summary>
    public void Clear() => (block, used) = (0, 0);

    /// <summary>The text of a byte array. Different arrays have different texts: arrays that are not UTF-8 are written in hexadecimal.</summary>
    public ReadOnlyMemory<char> Text(ReadOnlySpan<byte> bytes)
    {
        Memory<char> room = Room(bytes.Length);
        if (Utf8.ToUtf16(bytes, room.Span, out _, out int written, replaceInvalidSequences: false) != OperationStatus.Done)
            return $"\\x{Convert.ToHexStringLower(bytes)}".AsMemory();
        if (bytes.Length <= BlockChars)
            used += written;
        return room[..written];
    }

    /// <summary>Room for the characters of a text: UTF-16 has at most as many characters as UTF-8 has bytes. A text larger than a block gets a block of its own that is not reused.</summary>
    private Memory<char> Room(int chars)
    {
        if (chars > BlockChars)
            return new char[chars];
        if (BlockChars - used < chars)
            (block, used) = (block + 1, 0);
        if (block == blocks.Count)
            blocks.Add(new char[BlockChars]);
        return blocks[block].AsMemory(used, chars);
    }
}
