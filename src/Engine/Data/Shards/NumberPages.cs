using System.Runtime.InteropServices;
using Parquet.Meta;

namespace GpuCtr.Engine.Data;

/// <summary>
/// Reads flat columns of plain 32- and 64-bit numbers, which most columns are, from their pages straight into their places: without
/// copies of levels and packed values, and without garbage. What is encoded in any other way is left to the Parquet library.
/// </summary>
/// Pages: plain or dictionary encoding, versions 1 and 2, uncompressed, Snappy or Zstandard (format: apache/parquet-format).
/// <param name="stream">The file.</param>
/// <param name="leaf">The column.</param>
/// <param name="chunk">Where it is, its declared values checked.</param>
/// <param name="into">Reserved for as many values.</param>
/// <param name="checkedPage">The header of the page at a position, checked, and its length; null if there is none.</param>
internal sealed class NumberPages(ShardStream stream, Leaf leaf, ColumnMetaData chunk, ColumnBuffer into, Func<long, (PageHeader Page, int HeaderBytes)?> checkedPage)
{
    private const int Plain = 0, PlainDictionary = 2, RunLengthDictionary = 8;

    private readonly int values = (int)chunk.NumValues;
    private int entries = -1, done, nulls;

    /// <summary>Reads the column chunk; false if it is one for the library, whatever is in the buffer then.</summary>
    /// <exception cref="InvalidDataException">A page is not what its header says.</exception>
    public bool TryRead() => leaf.MaxRepetitionLevel == 0 && leaf.MaxDefinitionLevel <= 1 && PageBytes.Knows(chunk.Codec) && ColumnType.Of(leaf).Name switch
    {
        "int32" => Read<int, long>(into.Integers, Widen),
        "int64" => Read<long, long>(into.Integers, static (from, to) => from.CopyTo(to)),
        "float" => Read<float, double>(into.Reals, Widen),
        "double" => Read<double, double>(into.Reals, static (from, to) => from.CopyTo(to)),
        _ => false,
    };

    private delegate void Converter<TRaw, TValue>(ReadOnlySpan<TRaw> from, Span<TValue> to);

    private bool Read<TRaw, TValue>(TValue[] target, Converter<TRaw, TValue> convert) where TRaw : unmanaged where TValue : unmanaged
    {
        long at = chunk.DictionaryPageOffset is > 0 and long dictionary ? Math.Min(dictionary, chunk.DataPageOffset) : chunk.DataPageOffset;
        while (done < values)
        {
            if (checkedPage(at) is not var (page, headerBytes) || !IsKnown(page))
                return false;
            stream.Position = at + headerBytes;
            at = stream.Position + page.CompressedBytes;
            ReadOnlySpan<byte> bytes = into.Page.Read(stream, page, chunk.Codec);
            if (page.Kind == PageKind.Dictionary)
                convert(Numbers<TRaw>(bytes, entries = (int)page.Values), into.Scratch<TValue>(entries).AsSpan(0, entries));
            else
                ReadData(page, bytes, target, convert);
        }

        (into.Count, into.HasNulls) = (values, nulls > 0);
        return true;
    }

    private bool IsKnown(PageHeader page) => page.Kind == PageKind.Dictionary
        ? entries < 0 && page.Encoding is Plain or PlainDictionary
        : page.Encoding == Plain || (entries >= 0 && page.Encoding is PlainDictionary or RunLengthDictionary);

    private void ReadData<TRaw, TValue>(PageHeader page, ReadOnlySpan<byte> bytes, TValue[] target, Converter<TRaw, TValue> convert) where TRaw : unmanaged where TValue : unmanaged
    {
        if (page.Values > values - done)
            throw new InvalidDataException($"its pages have more than {values} values");
        Span<TValue> to = target.AsSpan(done, (int)page.Values);
        Span<bool> isNull = into.Nulls.AsSpan(done, to.Length);
        int here = leaf.MaxDefinitionLevel > 0 ? MarkNulls(page, ref bytes, isNull) : 0;
        Span<TValue> packed = to[..^here];
        if (page.Encoding == Plain)
            convert(Numbers<TRaw>(bytes, packed.Length), packed);
        else
            LookUp(bytes, into.Scratch<TValue>(entries).AsSpan(0, entries), packed);
        if (here > 0)
            Levels.Spread(to, isNull, packed.Length, default);
        (done, nulls) = (done + to.Length, nulls + here);
    }

    /// Marks the nulls of a page, moves on to what is behind the levels, and returns how many there are.
    private int MarkNulls(PageHeader page, ref ReadOnlySpan<byte> bytes, Span<bool> isNull)
    {
        // Version 1 has the length of the levels in front of them, version 2 in its header.
        int head = page.Kind == PageKind.Data ? sizeof(int) : 0;
        long size = head == 0 ? page.LevelBytes : bytes.Length < head ? -1 : BitConverter.ToInt32(bytes);
        if (size < 0 || size > bytes.Length - head)
            throw new InvalidDataException($"levels of {size} bytes in a page of {bytes.Length}");
        Span<int> levels = into.Definition.AsSpan(0, isNull.Length);
        HybridRuns.Decode(bytes.Slice(head, (int)size), 1, levels);
        bytes = bytes[(head + (int)size)..];
        for (int i = 0; i < levels.Length; i++)
            isNull[i] = levels[i] == 0;
        int count = isNull.Count(true);
        return page.Nulls is not { } declared || declared == count ? count : throw new InvalidDataException($"a page declares {declared} nulls and has {count}");
    }

    private void LookUp<TValue>(ReadOnlySpan<byte> bytes, ReadOnlySpan<TValue> dictionary, Span<TValue> to)
    {
        if (to.IsEmpty)
            return;
        Span<int> places = into.Definition.AsSpan(0, to.Length);
        HybridRuns.Decode(bytes[1..], bytes[0], places);
        for (int i = 0; i < places.Length; i++)
        {
            if ((uint)places[i] >= (uint)dictionary.Length)
                throw new InvalidDataException($"value {places[i]} of a dictionary of {dictionary.Length}");
            to[i] = dictionary[places[i]];
        }
    }

    private static ReadOnlySpan<T> Numbers<T>(ReadOnlySpan<byte> bytes, int count) where T : unmanaged
    {
        ReadOnlySpan<T> numbers = MemoryMarshal.Cast<byte, T>(bytes);
        return numbers.Length == count && bytes.Length % Marshal.SizeOf<T>() == 0
            ? numbers
            : throw new InvalidDataException($"a page declares {count} values of {Marshal.SizeOf<T>()} bytes in {bytes.Length} bytes");
    }

    private static void Widen(ReadOnlySpan<int> from, Span<long> to)
    {
        for (int i = 0; i < from.Length; i++)
            to[i] = from[i];
    }

    private static void Widen(ReadOnlySpan<float> from, Span<double> to)
    {
        for (int i = 0; i < from.Length; i++)
            to[i] = from[i];
    }
}
