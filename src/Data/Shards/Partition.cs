using System.Globalization;
using GpuCtr.Data.Sources;

namespace GpuCtr.Data.Shards;

/// <summary>A shard that was found, with the partition values of the folders above it: <c>day=2024-01-01</c> is key and value.</summary>
/// <param name="Source">The file or object.</param>
/// <param name="Partitions">Keys and values from the top down; null for Hive's default partition.</param>
internal sealed record FoundShard(IShardSource Source, IReadOnlyList<(string Key, string? Value)> Partitions)
{
    private const string HiveNull = "__HIVE_DEFAULT_PARTITION__";

    /// <summary>Values that a table's log gives for columns of this shard; they take precedence over the path.</summary>
    public IReadOnlyList<PartitionColumn> Declared { get; init; } = [];

    /// <summary>The columns of its table: further columns of the file are not data (<c>_change_type</c>). Null for a shard outside a table.</summary>
    public IReadOnlySet<string>? Columns { get; init; }

    /// <summary>Whether a folder's name is a key and a value.</summary>
    public static bool IsPartition(string folder) => folder.IndexOf('=') > 0;

    /// <summary>Reads keys and values from the part of a path that the user named or that was found below it.</summary>
    /// <param name="source">The file or object.</param>
    /// <param name="named">Relative or full path as the user wrote it; folders above it are ignored.</param>
    public static FoundShard Of(IShardSource source, string named) => new(source, KeysOf(named[..(named.AsSpan().LastIndexOfAny('/', '\\') + 1)]));

    /// <summary>Keys and values of all folders of a path.</summary>
    public static IReadOnlyList<(string Key, string? Value)> KeysOf(string path) => [.. path.Split('/', '\\').Where(IsPartition).Select(Parse)];

    private static (string, string?) Parse(string folder)
    {
        int at = folder.IndexOf('=');
        string value = Uri.UnescapeDataString(folder[(at + 1)..]);
        return (Uri.UnescapeDataString(folder[..at]), value == HiveNull ? null : value);
    }
}

/// <summary>A partition column: its value comes from the path and is the same for all rows of a shard.</summary>
/// <param name="Column">Name and type, the same for all shards of a set.</param>
/// <param name="Value">The value of this shard; null if its rows have none.</param>
internal sealed record PartitionColumn(StoredColumn Column, string? Value)
{
    /// <summary>The partition columns of each shard. A column is an integer or a date if all its values are, else a string.</summary>
    public static PartitionColumn[][] Of(IReadOnlyList<FoundShard> shards)
    {
        var columns = shards.SelectMany(s => s.Partitions).GroupBy(p => p.Key).ToDictionary(g => g.Key, g => TypeOf(g.Key, g.Select(p => p.Value)));
        return [.. shards.Select(s => s.Declared.Concat(s.Partitions.Select(p => new PartitionColumn(columns[p.Key], p.Value))).DistinctBy(p => p.Column.Name).ToArray())];
    }

    /// <summary>Fills a buffer with the value of all rows.</summary>
    public void Fill(ColumnBuffer into, int rows)
    {
        if (Column is { Kind: ValueKind.Text, IsList: false })
        {
            FillTexts(into, rows);
            return;
        }

        Begin(into, rows, Column.Kind);
        if (Column.IsList)
        {
            (into.Count, into.IsList, into.HasNulls) = (0, true, false);
            into.Offsets.AsSpan(0, rows + 1).Clear();
        }
        else if (Column.Kind == ValueKind.Real)
        {
            into.Reals.AsSpan(0, rows).Fill(Value is null ? 0 : Real(Value)!.Value);
        }
        else
        {
            into.Integers.AsSpan(0, rows).Fill(Value is null ? 0 : Integer(Value)!.Value);
        }
    }

    /// <summary>Fills a buffer with the value as text.</summary>
    public void FillTexts(ColumnBuffer into, int rows)
    {
        Begin(into, rows, ValueKind.Text);
        into.Texts.AsSpan(0, rows).Fill(Value.AsMemory());
    }

    private void Begin(ColumnBuffer into, int rows, ValueKind kind)
    {
        (into.Rows, into.Count, into.IsList, into.HasNulls) = (rows, rows, false, Value is null);
        into.Reserve(kind, rows);
        into.Unit = Column.TypeName == "date" ? StoredTimeUnit.Days : StoredTimeUnit.Ticks;
        into.ReserveLevels(rows, repetition: false);
        into.Nulls.AsSpan(0, rows).Fill(Value is null);
    }

    /// <summary>Checks that the value has the column's type; returns the column.</summary>
    /// <param name="shard">Path of its shard.</param>
    /// <exception cref="GpuCtrException">Data: it does not.</exception>
    public PartitionColumn Checked(string shard) => Value is null || (Column.Kind switch
    {
        ValueKind.Text => true,
        ValueKind.Real => Real(Value) is not null,
        _ => Integer(Value) is not null,
    } && !Column.IsList)
        ? this
        : throw GpuCtrException.DataError($"{shard}: its partition value '{Value}' of column '{Column.Name}' is not of type {Column.TypeName}; repair the table");

    private long? Integer(string text) => Column switch
    {
        { Kind: ValueKind.Time, TypeName: "date" } => Date(text),
        { Kind: ValueKind.Time } => Timestamp(text),
        { TypeName: "bool" } => text switch { "true" => 1, "false" => 0, _ => null },
        _ => Whole(text),
    };

    private static StoredColumn TypeOf(string key, IEnumerable<string?> values)
    {
        string[] known = [.. values.OfType<string>()];
        return known.All(v => Whole(v) is not null) ? new StoredColumn(key, ValueKind.Integer, false, "int64")
            : known.All(v => Date(v) is not null) ? new StoredColumn(key, ValueKind.Time, false, "date")
            : new StoredColumn(key, ValueKind.Text, false, "string");
    }

    // 007 and 7 are different values: only the canonical spelling is a number.
    private static long? Whole(string text) => WholeNumber.OfCanonical(text) is { Kind: ValueKind.Integer } whole ? whole.Bits : null;

    private static long? Date(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)
            ? day.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber
            : null;

    private static long? Timestamp(string text) =>
        DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime time)
            ? time.Ticks - DateTime.UnixEpoch.Ticks
            : null;

    private static double? Real(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double x) ? x : null;
}
