namespace GpuCtr.Engine.Data;

/// <summary>
/// From Parquet's levels (Dremel encoding) to one value per row, or lists with offsets. Values come packed, without their nulls.
/// </summary>
internal static class Levels
{
    /// <summary>A level the Parquet reader left unwritten.</summary>
    public const int Unwritten = -1;

    /// <summary>Marks nulls of a flat column; returns the number of packed values.</summary>
    /// <exception cref="InvalidDataException">A level is missing.</exception>
    public static int Flat(ColumnBuffer into, ReadOnlySpan<int> definition, int highest)
    {
        int packed = 0;
        bool[] nulls = into.Nulls;
        for (int i = 0; i < definition.Length; i++)
        {
            int level = definition[i];
            if ((uint)level > (uint)highest)
                throw new InvalidDataException($"value {i} has no valid definition level");
            nulls[i] = level < highest;
            packed += level == highest ? 1 : 0;
        }

        into.Count = definition.Length;
        into.HasNulls = packed < definition.Length;
        return packed;
    }

    /// <summary>Fills offsets and nulls of a list column; returns the number of packed values.</summary>
    /// <param name="into">Rows is set; Offsets and Nulls are filled.</param>
    /// <param name="definition">(values) definition levels.</param>
    /// <param name="repetition">(values) repetition levels: 0 starts a row.</param>
    /// <param name="slot">From this definition level on there is an element.</param>
    /// <param name="highest">At this definition level the element is not null.</param>
    /// <exception cref="InvalidDataException">The levels do not describe as many rows as the row group has.</exception>
    public static int Lists(ColumnBuffer into, ReadOnlySpan<int> definition, ReadOnlySpan<int> repetition, int slot, int highest)
    {
        int row = -1, count = 0, packed = 0;
        for (int i = 0; i < repetition.Length; i++)
        {
            int level = definition[i];
            if ((uint)repetition[i] > 1 || (uint)level > (uint)highest || (row < 0 && repetition[i] != 0))
                throw new InvalidDataException($"value {i} has invalid levels");
            if (repetition[i] == 0)
            {
                if (++row >= into.Rows)
                    break;
                into.Offsets[row] = count;
            }

            if (level < slot)
                continue;
            into.Nulls[count++] = level < highest;
            packed += level == highest ? 1 : 0;
        }

        if (row + 1 != into.Rows)
            throw new InvalidDataException($"it has {(row >= into.Rows ? "more than " : "")}{Math.Min(row + 1, into.Rows)} rows, the row group has {into.Rows}");
        into.Offsets[into.Rows] = count;
        into.Count = count;
        into.HasNulls = packed < count;
        return packed;
    }

    /// <summary>Moves packed values to their places, in place and from the back, with <paramref name="empty"/> where null.</summary>
    public static void Spread<T>(Span<T> values, ReadOnlySpan<bool> nulls, int packed, T empty)
    {
        int from = packed - 1;
        for (int to = nulls.Length - 1; to >= 0; to--)
            values[to] = nulls[to] ? empty : values[from--];
    }
}
