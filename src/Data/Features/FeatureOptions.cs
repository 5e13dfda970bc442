using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>How a numeric column becomes a number a model can use.</summary>
public enum NumericTransform
{
    /// <summary>(x − mean) / deviation over the training rows.</summary>
    Standardize,

    /// <summary>sign(x) · log(1 + |x|), then standardized.</summary>
    Log,

    /// <summary>As it is.</summary>
    None,

    /// <summary>A categorical bucket: ⌊ln(x)²⌋ for x &gt; 2, else ⌊x⌋ (the winners of the Criteo challenge).</summary>
    Criteo,

    /// <summary>A categorical bucket: one of 32 of about equally many training rows.</summary>
    Quantile,
}

/// <summary>What the user may say about the columns; everything has a default.</summary>
public sealed record FeatureOptions
{
    /// <summary>Label column; null = the first of label, click, clicked, is_click, y.</summary>
    public string? Label { get; init; }

    /// <summary>Column by whose values gAUC groups rows; not a feature unless it is also listed as one.</summary>
    public string? GroupId { get; init; }

    /// <summary>Columns to leave out.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Columns to treat as categorical whatever their type.</summary>
    public IReadOnlyList<string> Categorical { get; init; } = [];

    /// <summary>Columns to treat as numeric.</summary>
    public IReadOnlyList<string> Numeric { get; init; } = [];

    /// <summary>List columns, or strings with separated entries, to treat as histories: col (paired by name) or col=target.</summary>
    public IReadOnlyList<string> History { get; init; } = [];

    /// <summary>List columns, or strings with separated entries, whose vectors are pooled whatever their name.</summary>
    public IReadOnlyList<string> MultiValue { get; init; } = [];

    /// <summary>What stands between the entries of such strings; null = found out from the first row group.</summary>
    public char? ListSeparator { get; init; }

    /// <summary>Transforms: one for all, or col=transform.</summary>
    public IReadOnlyList<string> NumericTransforms { get; init; } = ["standardize"];

    /// <summary>Hash buckets, col=N.</summary>
    public IReadOnlyList<string> HashBuckets { get; init; } = [];

    /// <summary>Integers 0 … N − 1 that are their own rows, col=N.</summary>
    public IReadOnlyList<string> Identity { get; init; } = [];

    /// <summary>Values that occur less often share the OOV (out-of-vocabulary) row.</summary>
    public long MinCount { get; init; } = 1;

    /// <summary>The most recent so many ids of a list are kept.</summary>
    public int MaxHistory { get; init; } = 50;

    /// <summary>Bytes that the pass over the training rows may take.</summary>
    public long MemoryBytes { get; init; } = long.MaxValue;

    /// <summary>Threads that decode.</summary>
    public int Workers { get; init; } = 2;

    /// <summary>Rows with bad labels or numbers that may be left out.</summary>
    public BadRowBudget BadRows { get; init; } = BadRowBudget.Zero;

    /// <summary>Splits col=value entries; entries without = have an empty value. A name with = in it stands in double quotes.</summary>
    internal static IEnumerable<(string Column, string Value)> Pairs(IEnumerable<string> entries) => entries.Select(ColumnNames.Pair);
}
