using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Data.Lists;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags that say what columns are for.</summary>
internal static class FeatureFlags
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("--label", "COL", "", "label column, 0 or 1 (without: label, click, clicked, is_click or y)"),
        new("--group-id", "COL", "", "column that groups rows for gAUC, such as the user"),
        new("--exclude", "COL,…", "", "columns to leave out", FlagArity.Several),
        new("--categorical", "COL,…", "", "columns to treat as categorical", FlagArity.Several),
        new("--numeric", "COL,…", "", "columns to treat as numbers", FlagArity.Several),
        new("--numeric-transform", "T,…", "standardize", "standardize, log, criteo, quantile or none; COL=T for one column", FlagArity.Several) { TakesColumns = true, Choices = ["standardize", "log", "criteo", "quantile", "none"] },
        new("--history", "COL,…", "", "lists, or strings such as 12,53,8, that are histories: COL (hist_x belongs to x) or COL=TARGET", FlagArity.Several),
        new("--multi-value", "COL,…", "", "lists, or strings such as 12,53,8, whose entries are pooled", FlagArity.Several),
        new("--list-separator", "C", "", "separator in such strings: one character, space or tab (without: found out from the first rows)"),
        new("--max-history", "N", "50", "the most recent so many entries of a history are read"),
        new("--min-count", "N", "1", "values that occur less often share the unseen row"),
        new("--hash-buckets", "COL=N,…", "", "hash the values of a column into N rows", FlagArity.Several),
        new("--identity", "COL=N,…", "", "integers 0 … N − 1 that are rows already: no vocabulary is kept, others share the unseen row", FlagArity.Several),
        new("--bad-rows", "N|P%", "0", "rows with bad labels or numbers that may be left out"),
    ];

    /// <summary>What they say.</summary>
    /// <exception cref="GpuCtrException">Usage: a value that cannot be.</exception>
    public static FeatureOptions Of(FlagValues flags) => new()
    {
        Label = flags.Column("--label"),
        GroupId = flags.Column("--group-id"),
        Exclude = flags.Columns("--exclude"),
        Categorical = flags.Columns("--categorical"),
        Numeric = flags.Columns("--numeric"),
        NumericTransforms = flags.List("--numeric-transform"),
        HashBuckets = flags.List("--hash-buckets"),
        Identity = flags.List("--identity"),
        History = flags.List("--history"),
        MultiValue = flags.Columns("--multi-value"),
        ListSeparator = ListGrammar.ParseSeparator(flags.Text("--list-separator")),
        MaxHistory = flags.Whole("--max-history", GpuCtr.Models.ModelLimits.ListLength),
        MinCount = flags.Whole("--min-count", 1),
        Workers = DeviceFlags.DecodeThreads(flags),
        BadRows = BadRowBudget.Parse(flags.Text("--bad-rows")),
    };
}
