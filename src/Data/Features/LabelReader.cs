using System.Globalization;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>Reads labels: exactly 0 or 1, stored as boolean, integer or real.</summary>
internal static class LabelReader
{
    /// <summary>Reads the label of a row; false if it is anything but 0 or 1.</summary>
    public static bool TryRead(ColumnBuffer column, int row, out float label)
    {
        label = 0;
        if (column.IsNull(row))
            return false;
        double x = column.NumberAt(row);
        label = (float)x;
        return x is 0 or 1;
    }

    /// <summary>The error for a bad label.</summary>
    public static GpuCtrException Bad(Shard shard, RowGroupRef group, string name, ColumnBuffer column, int row)
    {
        string value = column.IsNull(row) ? "null" : Text(column.NumberAt(row));
        return GpuCtrException.DataError(
            $"{shard.Path}: row group {group.Group}, row {group.FirstRow + row}, label column '{name}': {value} is neither 0 nor 1; {OtherNames(shard, name) ?? "correct it, or allow some such rows with --bad-rows"}");
    }

    /// <summary>Advice for a shard with two labels other than 0 and 1, such as −1 and 1; null if that is not the problem.</summary>
    public static string? OtherNames(Shard shard, string name)
    {
        SortedSet<double> values = [];
        ColumnBuffer column = new();
        try
        {
            using ShardReader reader = shard.Rent();
            foreach (RowGroupRef group in shard.RowGroups.TakeWhile(_ => values.Count < 3))
            {
                reader.Read(group.Group, new ColumnRequest(name, null), column);
                for (int r = 0; r < column.Rows; r++)
                {
                    if (!column.IsNull(r))
                        values.Add(column.NumberAt(r));
                }
            }
        }
        catch (GpuCtrException)
        {
            // Broken pages found here are not reported now.
            return null;
        }

        return values.Count == 2 && !values.SetEquals([0, 1])
            ? $"the labels of this shard are {Text(values.Min)} and {Text(values.Max)}: write {Text(values.Max)} as 1 and {Text(values.Min)} as 0"
            : null;
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
