using GpuCtr.Data.Shards;

namespace GpuCtr.Bench;

/// <summary>The raw values of a row by column name: integers, numbers, strings and lists.</summary>
internal sealed class RawRow
{
    private readonly List<(string Column, long Value)> integers = [];
    private readonly List<(string Column, double Value)> numbers = [];
    private readonly List<(string Column, string Value)> strings = [];
    private readonly List<(string Column, long[] Entries)> lists = [];

    /// <summary>Sets a row from the raw values, including lookups and transforms.</summary>
    public FeatureRow Fill(FeatureRow row) => Set(row.Clear());

    /// <summary>Sets the same in a row that may already have other values.</summary>
    public FeatureRow Set(FeatureRow row)
    {
        foreach ((string column, long value) in integers)
            row.Set(column, value);
        foreach ((string column, double value) in numbers)
            row.Set(column, value);
        foreach ((string column, string value) in strings)
            row.Set(column, value);
        foreach ((string column, long[] entries) in lists)
            row.Set(column, entries);
        return row;
    }

    /// <summary>The first rows of a shard, with the columns that a model reads. Lists are repeated up to a length, so that all rows cost the same.</summary>
    public static RawRow[] Read(string path, IReadOnlyList<ModelColumn> columns, int count, int listLength)
    {
        Shard shard = Shard.Open(path, 0);
        using ShardReader reader = shard.Rent();
        ColumnBuffer buffer = new();
        RawRow[] rows = [.. Enumerable.Range(0, Math.Min(count, shard.RowGroups[0].Rows)).Select(_ => new RawRow())];
        foreach (ModelColumn column in columns)
        {
            reader.Read(0, column.Name, buffer);
            for (int i = 0; i < rows.Length; i++)
                rows[i].Add(column, buffer, i, listLength);
        }
        return rows;
    }

    private void Add(ModelColumn column, ColumnBuffer from, int i, int listLength)
    {
        if (column.Use == ColumnUse.List)
        {
            long[] entries = from.Integers[from.Offsets[i]..from.Offsets[i + 1]];
            lists.Add((column.Name, entries.Length == 0 ? [] : [.. Enumerable.Range(0, listLength).Select(t => entries[t % entries.Length])]));
        }
        else if (from.IsNull(i))
        {
            return;
        }
        else if (from.Kind == ValueKind.Text)
        {
            strings.Add((column.Name, from.Texts[i].ToString()));
        }
        else if (from.Kind == ValueKind.Real)
        {
            numbers.Add((column.Name, from.Reals[i]));
        }
        else
        {
            integers.Add((column.Name, from.Integers[i]));
        }
    }
}
