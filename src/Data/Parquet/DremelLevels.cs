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

    /// <summary>Whether all values were there.</summary>
    public bool IsDone => done == values;

    /// <summary>Takes the levels of a page off its front.</summary>
    /// <returns>Where in the buffer its values begin, how many there are, and how many of them are not null.</returns>
    /// <exception cref="InvalidDataException">They are not what the page declares.</exception>
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
        // Some writers count values in the place of rows.
        if (page.Rows is { } rows && layout.Column.IsList && rows != row - firstRow && rows != here)
            throw new InvalidDataException($"a page declares {rows} rows and has {row - firstRow}");
        return (first, slots, full);
    }

    /// <summary>There are no more pages.</summary>
    /// <exception cref="InvalidDataException">There are not as many rows as the row group has.</exception>
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

    // Version 1 has the length of the levels in front of them, version 2 in its header.
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
            // A value that goes on with a list has an element for it.
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
