namespace GpuCtr.Data.Shards;

/// <summary>A top-level column of a shard.</summary>
/// <param name="Name">Column name.</param>
/// <param name="Kind">Kind of a value, or of an element for a list.</param>
/// <param name="IsList">True for a column with a list in each row.</param>
/// <param name="TypeName">The type as shown to the user, such as int64 or list&lt;string&gt;.</param>
public sealed record StoredColumn(string Name, ValueKind Kind, bool IsList, string TypeName)
{
    /// <summary>For a column that shards store as integers and reals, or as types that do not join (then it is unsupported): which shard has which type.</summary>
    public string? Differs { get; init; }

    /// <summary>The column read as a number: decimals that are otherwise text, because of their many digits, become reals.</summary>
    internal StoredColumn AsNumber => !IsList && Kind == ValueKind.Text && TypeName.StartsWith("decimal(", StringComparison.Ordinal) ? this with { Kind = ValueKind.Real } : this;

    /// <summary>
    /// The common type of a column that shards store differently. Integers of any width join to 64-bit integers, reals to doubles, texts to
    /// strings. If some shards have integers and others reals, it is a column of ids: each value must be whole. Shards without a value in the
    /// column do not count. Types that do not join make it unsupported.
    /// </summary>
    /// <param name="name">A column that all shards have.</param>
    /// <param name="shards">At least one.</param>
    internal static StoredColumn Join(string name, IReadOnlyList<Shard> shards)
    {
        StoredColumn first = shards[0].Column(name)!;
        if (shards.All(s => s.Column(name) == first))
            return first;
        IGrouping<string, Shard>[] families = [.. shards.GroupBy(s => Family(s.Column(name)!))];
        if (families.Length > 1 && families.Where(f => !f.All(s => s.IsAllNull(name))).ToArray() is { Length: > 0 } filled)
            families = filled;
        StoredColumn[] columns = [.. families.SelectMany(f => f.Select(s => s.Column(name)!)).DistinctBy(c => c.TypeName)];
        string differs = string.Join(", ", families.Select(f => $"{f.First().Column(name)!.TypeName} in {f.First().Path}"));
        bool numbers = columns.All(c => ColumnRequest.IsNumber(c.Kind) && c.IsList == columns[0].IsList && !IsTimeOfDay(c));
        if (families.Length > 1 && !numbers)
            return new StoredColumn(name, ValueKind.Unsupported, false, string.Join(" or ", columns.Select(c => c.TypeName))) { Differs = differs };
        StoredColumn joined = Widest(name, columns);
        return families.Length > 1 ? joined with { Differs = differs } : joined;
    }

    /// <summary>Groups of types whose values join.</summary>
    private static string Family(StoredColumn column) => $"{column.IsList} " + column.Kind switch
    {
        _ when IsTimeOfDay(column) => column.TypeName,
        ValueKind.Integer or ValueKind.Unsigned => "integer",
        ValueKind.Real => "real",
        ValueKind.Text => "text",
        _ => column.TypeName,
    };

    private static bool IsTimeOfDay(StoredColumn column) => column.TypeName.Contains("time(", StringComparison.Ordinal);

    private static StoredColumn Widest(string name, StoredColumn[] columns)
    {
        if (columns.Length == 1)
            return columns[0];
        ValueKind[] kinds = [.. columns.Select(c => c.Kind)];
        (ValueKind kind, string type) = kinds.Contains(ValueKind.Unsigned) ? (ValueKind.Unsigned, "uint64")
            : kinds.Contains(ValueKind.Integer) ? (ValueKind.Integer, "int64")
            : kinds.Contains(ValueKind.Real) ? (ValueKind.Real, "double") : (ValueKind.Text, "string");
        return new StoredColumn(name, kind, columns[0].IsList, columns[0].IsList ? $"list<{type}>" : type);
    }
}
