using System.Buffers;
using System.Text.Unicode;

namespace GpuCtr.Data.Shards;

/// <summary>The characters of a column's texts, in blocks that are filled again for the next column.</summary>
internal sealed class TextArena
{
    private const int BlockChars = 1 << 15;

    private readonly List<char[]> blocks = [];
    private int block, used;

    /// <summary>Gives all texts up.</summary>
    public void Clear() => (block, used) = (0, 0);

    /// <summary>The text of a byte array. Two of them never become one text: what is not UTF-8 is spelt in hexadecimal.</summary>
    public ReadOnlyMemory<char> Text(ReadOnlySpan<byte> bytes)
    {
        Memory<char> room = Room(bytes.Length);
        if (Utf8.ToUtf16(bytes, room.Span, out _, out int written, replaceInvalidSequences: false) != OperationStatus.Done)
            return $"\\x{Convert.ToHexStringLower(bytes)}".AsMemory();
        if (bytes.Length <= BlockChars)
            used += written;
        return room[..written];
    }

    /// <summary>UTF-16 never has more characters than UTF-8 has bytes. What is larger than a block has one of its own that is not kept.</summary>
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
