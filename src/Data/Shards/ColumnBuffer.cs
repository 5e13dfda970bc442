using System.Buffers;
using System.Text.Unicode;
using GpuCtr.Data.Parquet;

namespace GpuCtr.Data.Shards;

/// <summary>One decoded column of one row group. Its worker reuses it, so it grows and is not freed.</summary>
/// <remarks>Flat columns: value i belongs to row i, Count = Rows. Lists: the values of row r are Offsets[r] … Offsets[r+1] − 1.</remarks>
public sealed partial class ColumnBuffer
{
    private readonly Dictionary<Type, Array> scratch = [], dictionaries = [];

    /// <summary>Rows of the row group.</summary>
    public int Rows { get; internal set; }

    /// <summary>Values: rows of a flat column, elements of a list column; nulls included.</summary>
    public int Count { get; internal set; }

    /// <summary>Kind of the values; determines which of the arrays below is filled.</summary>
    public ValueKind Kind { get; internal set; }

    /// <summary>True for a list column.</summary>
    public bool IsList { get; internal set; }

    /// <summary>Unit of the values of a time column, which count from 1970-01-01.</summary>
    public StoredTimeUnit Unit { get; internal set; }

    /// <summary>(Count) values of an integer or time column, or the bits of unsigned integers; 0 where null.</summary>
    public long[] Integers { get; private set; } = [];

    /// <summary>(Count) values of a real column, 0 where null.</summary>
    public double[] Reals { get; private set; } = [];

    /// <summary>(Count) values of a text column, empty where null; valid until the next read.</summary>
    public ReadOnlyMemory<char>[] Texts { get; private set; } = [];

    /// <summary>True where the value is null; meaningful only if <see cref="HasNulls"/>.</summary>
    public bool[] Nulls { get; private set; } = [];

    /// <summary>True if some value is null.</summary>
    public bool HasNulls { get; internal set; }

    /// <summary>(Rows + 1) starts of the lists; a null list is empty.</summary>
    public int[] Offsets { get; private set; } = [];

    /// <summary>Memory for compressed and decompressed pages.</summary>
    internal PageBytes Page { get; } = new();

    /// <summary>Memory for the characters of texts.</summary>
    internal TextArena Characters { get; } = new();

    internal int[] Definition { get; private set; } = [];

    internal int[] Repetition { get; private set; } = [];

    /// <summary>True where value i is null.</summary>
    public bool IsNull(int i) => HasNulls && Nulls[i];

    /// <summary>Value i of an integer, real or time column as a number; a time in seconds since 1970.</summary>
    internal double NumberAt(int i) => Kind switch
    {
        ValueKind.Integer or ValueKind.Unsigned => WholeNumber.Real(Integers[i], Kind),
        ValueKind.Time => TimeFields.Seconds(Integers[i], Unit),
        _ => Reals[i],
    };

    /// <summary>Scratch memory for intermediate values.</summary>
    internal T[] Scratch<T>(int count) => Kept<T>(scratch, count);

    /// <summary>Memory for the values of dictionaries.</summary>
    internal T[] Entries<T>(int count) => Kept<T>(dictionaries, count);

    internal void Reserve(ValueKind kind, int count)
    {
        Kind = kind;
        if (kind == ValueKind.Real)
            Reals = Grown(Reals, count);
        else if (kind == ValueKind.Text)
            Texts = Grown(Texts, count);
        else
            Integers = Grown(Integers, count);
        Nulls = Grown(Nulls, count);
    }

    internal void ReserveLevels(int count, bool repetition)
    {
        Definition = Grown(Definition, count);
        if (repetition)
            Repetition = Grown(Repetition, count);
        Offsets = Grown(Offsets, Rows + 1);
    }

    private static T[] Kept<T>(Dictionary<Type, Array> arrays, int count)
    {
        T[] array = Grown(arrays.TryGetValue(typeof(T), out Array? kept) ? (T[])kept : [], count);
        arrays[typeof(T)] = array;
        return array;
    }

    private static T[] Grown<T>(T[] array, int count) => array.Length >= count ? array : new T[Math.Max(count, 1024)];
}

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
