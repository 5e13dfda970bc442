using System.Globalization;

namespace GpuCtr.Engine.Data;

/// <summary>A shard that was found, and what the folders above it say about its rows: <c>day=2024-01-01</c> is key and value.</summary>
/// <param name="Source">Where it is.</param>
/// <param name="Partitions">Keys and values from the top down; null for Hive's default partition.</param>
internal sealed record FoundShard(IShardSource Source, IReadOnlyList<(string Key, string? Value)> Partitions)
{
    private const string HiveNull = "__HIVE_DEFAULT_PARTITION__";

    /// <summary>Whether a folder's name is a key and a value.</summary>
    public static bool IsPartition(string folder) => folder.IndexOf('=') > 0;

    /// <summary>Reads keys and values off the part of a path that the user named or that was found below it.</summary>
    /// <param name="source">Where the shard is.</param>
    /// <param name="named">Relative or full path as the user knows it; folders above it say nothing.</param>
    public static FoundShard Of(IShardSource source, string named) => new(source, [.. named.Split('/', '\\')[..^1].Where(IsPartition).Select(Parse)]);

    private static (string, string?) Parse(string folder)
    {
        int at = folder.IndexOf('=');
        string value = Uri.UnescapeDataString(folder[(at + 1)..]);
        return (Uri.UnescapeDataString(folder[..at]), value == HiveNull ? null : value);
    }
}

/// <summary>A column whose value is the same for all rows of a shard, since it stands in the path.</summary>
/// <param name="Column">Name and type, the same for all shards of a set.</param>
/// <param name="Value">The value of this shard; null if its rows have none.</param>
internal sealed record PartitionColumn(ShardColumn Column, string? Value)
{
    /// <summary>The columns of each shard. A key is an integer or a date where all its values are, else a string.</summary>
    public static PartitionColumn[][] Of(IReadOnlyList<FoundShard> shards)
    {
        var columns = shards.SelectMany(s => s.Partitions).GroupBy(p => p.Key).ToDictionary(g => g.Key, g => TypeOf(g.Key, g.Select(p => p.Value)));
        return [.. shards.Select(s => s.Partitions.DistinctBy(p => p.Key).Select(p => new PartitionColumn(columns[p.Key], p.Value)).ToArray())];
    }

    /// <summary>Fills a buffer with the value of all rows.</summary>
    public void Fill(ColumnBuffer into, int rows)
    {
        (into.Rows, into.Count, into.IsList, into.HasNulls) = (rows, rows, false, Value is null);
        into.Reserve(Column.Kind, rows);
        into.Nulls.AsSpan(0, rows).Fill(Value is null);
        if (Column.Kind == ValueKind.Text)
            into.Texts.AsSpan(0, rows).Fill(Value.AsMemory());
        else
            into.Integers.AsSpan(0, rows).Fill(Value is null ? 0 : Column.Kind == ValueKind.Time ? Date(Value)!.Value : Whole(Value)!.Value);
    }

    private static ShardColumn TypeOf(string key, IEnumerable<string?> values)
    {
        string[] known = [.. values.OfType<string>()];
        return known.All(v => Whole(v) is not null) ? new ShardColumn(key, ValueKind.Integer, false, "int64")
            : known.All(v => Date(v) is not null) ? new ShardColumn(key, ValueKind.Time, false, "date")
            : new ShardColumn(key, ValueKind.Text, false, "string");
    }

    // 007 and 7 are two values: only the usual spelling is a number.
    private static long? Whole(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long x) && x.ToString(CultureInfo.InvariantCulture) == text ? x : null;

    private static long? Date(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)
            ? day.ToDateTime(TimeOnly.MinValue).Ticks - DateTime.UnixEpoch.Ticks
            : null;
}
