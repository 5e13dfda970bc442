using System.Numerics;
using GpuCtr.Data.Shards;
using Parquet.Meta;

namespace GpuCtr.Data.Parquet;

/// <summary>The levels of a column chunk (Dremel encoding), page by page: which values are null, and where lists begin.</summary>
/// <param name="layout">The column.</param>
/// <param name="into">Rows is set; Nulls, Offsets, Count and HasNulls are filled.</param>
/// <param name="values">Values of the column chunk, nulls and empty lists included.</param>
internal sealed class DremelLevels(ColumnLayout layout, ColumnBuffer into, int values)
{
    private readonly Leaf leaf = layout.Leaf!;
    private int done, count, packed, row = -1;

    /// <summary>Whether all values have been read.</summary>
    public bool IsDone => done == values;

    /// <summary>Reads the levels at the start of a page.</summary>
    /// <returns>Index in the buffer of the page's first value, number of its values, and number of those that are not null.</returns>
    /// <exception cref="InvalidDataException">The levels do not match what the page declares.</exception>
    public (int First, int Count, int Packed) Take(PageHeader page, ref ReadOnlySpan<byte> bytes)
    {
        if (page.Values > values - done)
            throw new InvalidDataException($"its pages have more than {values} values");
        int here = (int)page.Values, first = count, firstRow = row, before = packed;
        Span<int> repetition = into.Repetition.AsSpan(0, leaf.MaxRepetitionLevel > 0 ? here : 0), definition = into.Definition.AsSpan(0, here);
        Read(page, leaf.MaxRepetitionLevel, page.RepetitionBytes, page.RepetitionEncoding, ref bytes, repetition);
        Read(page, leaf.MaxDefinitionLevel, page.DefinitionBytes, page.DefinitionEncoding, ref bytes, definition);
        done += here;
        if (leaf.MaxRepetitionLevel > 0)
            AddLists(definition, repetition);
        else
            AddFlat(definition);
        (int slots, int full) = (count - first, packed - before);
        if (page.Nulls is { } nulls && nulls != here - full)
            throw new InvalidDataException($"a page declares {nulls} nulls and has {here - full}");
        // Some writers declare the number of values instead of rows.
        if (page.Rows is { } rows && layout.Column.IsList && rows != row - firstRow && rows != here)
            throw new InvalidDataException($"a page declares {rows} rows and has {row - firstRow}");
        return (first, slots, full);
    }

    /// <summary>Called after the last page.</summary>
    /// <exception cref="InvalidDataException">The number of rows differs from that of the row group.</exception>
    public void Close()
    {
        if (layout.Column.IsList)
        {
            if (row + 1 != into.Rows)
                throw new InvalidDataException($"it has {row + 1} rows, the row group has {into.Rows}");
            into.Offsets[into.Rows] = count;
        }

        (into.Count, into.HasNulls) = (count, packed < count);
    }

    // In version 1 the length of the levels precedes them, in version 2 it is in the page header.
    private static void Read(PageHeader page, int highest, long declared, Encoding encoding, ref ReadOnlySpan<byte> bytes, Span<int> levels)
    {
        bool second = page.Kind == PageKind.DataV2;
        if (highest == 0 && !second)
            return;
        if (!second && encoding != Encoding.RLE)
            throw new NotSupportedException($"its levels are encoded as {encoding}, which is not supported");
        int head = second ? 0 : sizeof(int);
        long size = second ? declared : bytes.Length < head ? -1 : BitConverter.ToInt32(bytes);
        if (size < 0 || size > bytes.Length - head)
            throw new InvalidDataException($"levels of {size} bytes in a page of {bytes.Length}");
        if (highest > 0 && !levels.IsEmpty && RleBitPackedDecoder.Decode(bytes.Slice(head, (int)size), BitOperations.Log2((uint)highest) + 1, levels) is var taken && taken != size)
            throw new InvalidDataException($"{levels.Length} levels take {taken} bytes, a page declares {size}");
        bytes = bytes[(head + (int)size)..];
    }

    private void AddFlat(ReadOnlySpan<int> definition)
    {
        int highest = leaf.MaxDefinitionLevel;
        if (highest == 0)
        {
            (count, packed) = (count + definition.Length, packed + definition.Length);
            return;
        }

        Span<bool> nulls = into.Nulls.AsSpan(count, definition.Length);
        for (int i = 0; i < nulls.Length; i++)
        {
            if (definition[i] > highest)
                throw Invalid(definition[i]);
            nulls[i] = definition[i] < highest;
        }

        count += nulls.Length;
        packed += nulls.Count(false);
    }

    private void AddLists(ReadOnlySpan<int> definition, ReadOnlySpan<int> repetition)
    {
        int highest = leaf.MaxDefinitionLevel, slot = layout.SlotLevel;
        for (int i = 0; i < definition.Length; i++)
        {
            int level = definition[i];
            // A value that continues a list is always an element.
            if (level > highest || repetition[i] > 1 || (repetition[i] == 1 && (row < 0 || level < slot)))
                throw Invalid(level, repetition[i]);
            if (repetition[i] == 0)
            {
                if (++row >= into.Rows)
                    throw new InvalidDataException($"it has more than {into.Rows} rows");
                into.Offsets[row] = count;
            }

            if (level < slot)
                continue;
            into.Nulls[count++] = level < highest;
            packed += level == highest ? 1 : 0;
        }
    }

    private static InvalidDataException Invalid(int definition, int repetition = 0) => new($"a value has the levels {definition} and {repetition}, which it cannot have");
}
