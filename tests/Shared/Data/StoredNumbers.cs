using GpuCtr.Data.Shards;

namespace GpuCtr.Tests;

/// <summary>The numbers of a column of a file.</summary>
internal static class StoredNumbers
{
    /// <summary>(rows) all of them, in the order of the rows.</summary>
    public static double[] Of(string path, string column)
    {
        ShardSet file = ShardSet.Resolve([path]);
        ColumnBuffer read = new();
        List<double> numbers = [];
        using ShardReader reader = file.Shards[0].Rent();
        foreach (RowGroupRef group in file.RowGroups)
        {
            reader.Read(group.Group, new ColumnRequest(column, null), read);
            numbers.AddRange(Enumerable.Range(0, read.Rows).Select(read.NumberAt));
        }

        return [.. numbers];
    }
}
