namespace GpuCtr.Engine.Data;

/// <summary>Labels are exactly 0 or 1, stored as boolean, integer or real.</summary>
internal static class Labels
{
    /// <summary>Reads the label of a row; false if it is anything but 0 or 1.</summary>
    public static bool TryRead(ColumnBuffer column, int row, out float label)
    {
        label = 0;
        if (column.IsNull(row))
            return false;
        double x = Numbers.At(column, row);
        label = (float)x;
        return x is 0 or 1;
    }

    /// <summary>Says which label is bad.</summary>
    public static Failure Bad(Shard shard, RowGroupRef group, string name, ColumnBuffer column, int row)
    {
        string value = column.IsNull(row) ? "null" : Numbers.At(column, row).ToString();
        return Failure.BadData(
            $"{shard.Path}: row group {group.Group}, row {group.FirstRow + row}, label column '{name}': {value} is neither 0 nor 1; correct it, or allow some such rows with --bad-rows");
    }
}
