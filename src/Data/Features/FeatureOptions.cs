using System.Globalization;
using GpuCtr.Data.Shards;
using GpuCtr.Models;

namespace GpuCtr.Data.Features;

/// <summary>Transforms of a numeric column.</summary>
public enum NumericTransform
{
    /// <summary>(x − mean) / deviation over the training rows.</summary>
    Standardize,

    /// <summary>sign(x) · log(1 + |x|), then standardized.</summary>
    Log,

    /// <summary>Unchanged.</summary>
    None,

    /// <summary>A categorical bucket: ⌊ln(x)²⌋ for x &gt; 2, else ⌊x⌋ (the winners of the Criteo challenge).</summary>
    Criteo,

    /// <summary>A categorical bucket: one of 32 of about equally many training rows.</summary>
    Quantile,
}

/// <summary>Options about columns; everything has a default.</summary>
/// <remarks>Each option is declared only here, in the order of the help.</remarks>
public sealed record FeatureOptions
{
    /// <summary>Upper bound of <see cref="MaxHistory"/>.</summary>
    public const int LongestHistory = 1 << 16;

    /// <summary>Label column; null = the first of label, click, clicked, is_click, y.</summary>
    [Option("label column, 0 or 1 (default: label, click, clicked, is_click or y)", Value = "COL", Form = OptionForm.Columns, Section = OptionSection.Columns, ClicksOnly = true)]
    public string? Label { get; init; }

    /// <summary>Values of the label column that are clicks: words, numbers, or comparisons such as >=4; empty: 1, or everything that does not match <see cref="Negative"/>.</summary>
    [Option("labels that count as 1: words, numbers, or a comparison such as '>=4'; all others count as 0", Value = "VALUE,…", ClicksOnly = true)]
    public IReadOnlyList<string> Positive { get; init; } = [];

    /// <summary>Values of the label column that count as 0; with <see cref="Positive"/>, rows that match neither do not count.</summary>
    [Option("labels that count as 0; with --positive, rows that match neither do not count", Value = "VALUE,…", ClicksOnly = true)]
    public IReadOnlyList<string> Negative { get; init; } = [];

    /// <summary>Labels are shares from 0 to 1.</summary>
    [Option("labels are probabilities from 0 to 1, for which AUC is not defined", ClicksOnly = true)]
    public bool SoftLabels { get; init; }

    /// <summary>Column with the weights of rows; not a feature.</summary>
    [Option("column with the weight of each row in loss and metrics; 0 = the row does not count", Value = "COL", Form = OptionForm.Columns, ClicksOnly = true)]
    public string? Weight { get; init; }

    /// <summary>Column by whose values gAUC groups rows; not a feature unless it is also listed as one.</summary>
    [Option("column that groups rows for gAUC, such as the user", Value = "COL", Form = OptionForm.Columns, ClicksOnly = true)]
    public string? GroupId { get; init; }

    /// <summary>Columns to leave out.</summary>
    [Option("columns to leave out", Value = "COL,…", Form = OptionForm.Columns)]
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Columns to treat as categorical, independent of their type.</summary>
    [Option("columns to treat as categorical", Value = "COL,…", Form = OptionForm.Columns, ClicksOnly = true)]
    public IReadOnlyList<string> Categorical { get; init; } = [];

    /// <summary>Columns to treat as numeric.</summary>
    [Option("columns to treat as numbers", Value = "COL,…", Form = OptionForm.Columns, ClicksOnly = true)]
    public IReadOnlyList<string> Numeric { get; init; } = [];

    /// <summary>Transforms: one for all, or col=transform.</summary>
    [Option("standardize, log, criteo, quantile or none; COL=T for one column", Name = "numeric-transform", Value = "T,…", Suggestions = "standardize|log|criteo|quantile|none", Form = OptionForm.ColumnRules, ClicksOnly = true)]
    public IReadOnlyList<string> NumericTransforms { get; init; } = ["standardize"];

    /// <summary>List columns, or strings with separated entries, to treat as histories: col (paired by name) or col=target.</summary>
    [Option("lists, or strings such as 12,53,8, that are histories: COL (hist_x belongs to x) or COL=TARGET; for models that predict items, the sequence", Value = "COL,…", Form = OptionForm.ColumnRules)]
    public IReadOnlyList<string> History { get; init; } = [];

    /// <summary>In a log of interactions, the column of users; null = user.</summary>
    [Option("for models that predict items, from a log with one interaction per row: the column of users [user]", Value = "COL", Form = OptionForm.Columns, ReadBy = "sasrec|bert4rec")]
    public string? User { get; init; }

    /// <summary>In a log of interactions, the column of items; null = item.</summary>
    [Option("the column of items in such a log [item]", Value = "COL", Form = OptionForm.Columns, ReadBy = "sasrec|bert4rec")]
    public string? Item { get; init; }

    /// <summary>In a log of interactions, the column of times; null = timestamp.</summary>
    [Option("the column of times in such a log [timestamp]", Value = "COL", Form = OptionForm.Columns, ReadBy = "sasrec|bert4rec")]
    public string? Timestamp { get; init; }

    /// <summary>List columns, or strings with separated entries, whose vectors are pooled, independent of their name.</summary>
    [Option("lists, or strings such as 12,53,8, whose entries are pooled", Value = "COL,…", Form = OptionForm.Columns, ClicksOnly = true)]
    public IReadOnlyList<string> MultiValue { get; init; } = [];

    /// <summary>Separator of the entries of such strings; null = detect it from the first row group.</summary>
    [Option("separator in such strings: one character, space or tab (default: detected from the first rows)", Value = "C")]
    public char? ListSeparator { get; init; }

    /// <summary>Lists of equally many numbers, such as embeddings from elsewhere, that are read as vectors.</summary>
    [Option("lists of numbers, all of the same length, that are read as vectors, such as embeddings from another model", Value = "COL,…", Form = OptionForm.Columns, ClicksOnly = true)]
    public IReadOnlyList<string> Vector { get; init; } = [];

    /// <summary>Only the last N entries of a list are read.</summary>
    [Option("read only the last N entries of a list", Least = 1, Most = LongestHistory)]
    public int MaxHistory { get; init; } = 50;

    /// <summary>Values that occur less often share the OOV (out-of-vocabulary) row.</summary>
    [Option("values that occur fewer than N times share the OOV (out-of-vocabulary) row", Least = 1)]
    public long MinCount { get; init; } = 1;

    /// <summary>Hash buckets, col=N.</summary>
    [Option("hash the values of a column into N rows", Value = "COL=N,…", Form = OptionForm.ColumnRules, ClicksOnly = true)]
    public IReadOnlyList<string> HashBuckets { get; init; } = [];

    /// <summary>Integers 0 … N − 1 that are their own rows, col=N.</summary>
    [Option("integers 0 … N − 1 that are used directly as row numbers, without a vocabulary; others share the OOV row", Value = "COL=N,…", Form = OptionForm.ColumnRules)]
    public IReadOnlyList<string> Identity { get; init; } = [];

    /// <summary>Rows with bad labels or numbers that may be left out.</summary>
    [Option("bad rows (labels or numbers that cannot be read) that may be skipped", Value = "N|P%", OnResume = OnResume.Accepted)]
    public BadRowBudget BadRows { get; init; } = BadRowBudget.Zero;

    /// <summary>Memory budget of the fit, in bytes.</summary>
    public long MemoryBytes { get; init; } = long.MaxValue;

    /// <summary>Threads that decode.</summary>
    public int Workers { get; init; } = 2;

    /// <summary>A message about options that contradict each other or are invalid; null if there are none.</summary>
    public string? Contradiction()
    {
        string[] computed = [.. Pairs([.. HashBuckets, .. Identity]).Select(p => p.Column)];
        return (SoftLabels && Positive.Count + Negative.Count > 0 ? "--soft-labels takes labels as they are; leave out --positive and --negative" : null)
            ?? Positive.Concat(Negative).Select(LabelTest.Of).Where(t => t.Compares && t.Number is null).Select(t => $"{t}: the text after {t.Sign} is not a number").FirstOrDefault()
            ?? InBoth(Positive, "--positive", Negative, "--negative")
            ?? InBoth(Categorical, "--categorical", Numeric, "--numeric")
            ?? InBoth(Pairs(History).Select(p => p.Column), "--history", MultiValue, "--multi-value")
            ?? InBoth(Vector, "--vector", Categorical, "--categorical") ?? InBoth(Vector, "--vector", Numeric, "--numeric")
            ?? InBoth(Vector, "--vector", Pairs(History).Select(p => p.Column), "--history") ?? InBoth(Vector, "--vector", MultiValue, "--multi-value")
            ?? RowsFault("--hash-buckets", HashBuckets) ?? RowsFault("--identity", Identity)
            ?? (computed.GroupBy(c => c).FirstOrDefault(c => c.Count() > 1) is { } twice ? $"{twice.Key} is named twice by --hash-buckets and --identity; name it once" : null)
            ?? (Pairs(NumericTransforms).Select(p => p.Value.Length > 0 ? p.Value : p.Column).FirstOrDefault(t => !IsTransform(t)) is { } unknown
                ? $"--numeric-transform {unknown}: unknown; choose standardize, log, criteo, quantile or none" : null);
    }

    private static string? InBoth(IEnumerable<string> columns, string flag, IEnumerable<string> others, string other) =>
        columns.Intersect(others).FirstOrDefault() is { } both ? $"{both} is in both {flag} and {other}; name it once" : null;

    private static string? RowsFault(string flag, IReadOnlyList<string> entries) => Pairs(entries).FirstOrDefault(p => !(int.TryParse(p.Value, CultureInfo.InvariantCulture, out int n) && n >= 1)) is { Column: not null } p
        ? $"{flag} {ColumnNames.InShell(p.Column)}={p.Value}: expected column=N with N of at least 1" : null;

    private static bool IsTransform(string name) => Enum.TryParse(name, ignoreCase: true, out NumericTransform _) && !int.TryParse(name, out _);

    /// <summary>Splits col=value entries; entries without = have an empty value. A name that contains = is in double quotes.</summary>
    internal static IEnumerable<(string Column, string Value)> Pairs(IEnumerable<string> entries) => entries.Select(ColumnNames.Pair);
}
