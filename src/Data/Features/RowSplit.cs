using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>Divides the rows of a set of shards into a training and a validation part.</summary>
/// <remarks>A function of the row's position, or of its list, only, so that the same encoded blocks serve both parts.</remarks>
public abstract class RowSplit
{
    /// <summary>What the split depends on, besides the rows.</summary>
    public abstract string Key { get; }

    /// <summary>Sets valid[i] for row i of a row group.</summary>
    public abstract void MarkValid(RowGroupRef group, Span<bool> valid);

    /// <summary>A share of the rows, chosen by a hash of (shard, row).</summary>
    /// <param name="fraction">Share of the rows that validate, 0 … 1.</param>
    /// <param name="seed">Another seed chooses other rows.</param>
    public static RowSplit ByHash(double fraction, ulong seed = 0) => new HashSplit(fraction, seed);

    /// <summary>A share of the lists, chosen by a hash of what their rows have in common; a list is on one side.</summary>
    /// <param name="lists">The lists.</param>
    /// <param name="fraction">Share of the lists that validate, 0 … 1.</param>
    /// <param name="seed">Another seed chooses other lists.</param>
    internal static RowSplit ByList(RowLists lists, double fraction, ulong seed = 0) => new ListSplit(lists, fraction, seed);

    private static ulong Threshold(double fraction) => fraction >= 1 ? ulong.MaxValue : (ulong)(Math.Max(0, fraction) * 18446744073709551616.0);

    private sealed class ListSplit(RowLists lists, double fraction, ulong seed) : RowSplit
    {
        private readonly ulong threshold = Threshold(fraction);

        public override string Key => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"hash of {lists.Column} {fraction:R} {seed}");

        public override void MarkValid(RowGroupRef group, Span<bool> valid) => lists.Mark(group, valid, key => RandomBits.Mix(seed ^ RandomBits.Mix(key + 1)) < threshold);
    }

    private sealed class HashSplit(double fraction, ulong seed) : RowSplit
    {
        private readonly ulong threshold = Threshold(fraction);

        public override string Key => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"hash {fraction:R} {seed}");

        public override void MarkValid(RowGroupRef group, Span<bool> valid)
        {
            ulong start = RandomBits.Mix(seed ^ RandomBits.Mix((ulong)group.Shard + 1));
            for (int i = 0; i < valid.Length; i++)
                valid[i] = RandomBits.Mix(start + (ulong)(group.FirstRow + i)) < threshold;
        }
    }
}

/// <summary>Which entries of a sequence are meant, where its items are predicted. Leave one out (Train, Valid, Test): the last item is for the test and the last but one for validation; a sequence with fewer than three items only trains.</summary>
public enum SequencePart
{
    /// <summary>All entries; the last one is predicted from the others.</summary>
    Whole,

    /// <summary>All but the last two.</summary>
    Train,

    /// <summary>All but the last; that before it is predicted.</summary>
    Valid,

    /// <summary>All; the last one is predicted.</summary>
    Test,

    /// <summary>All; what comes behind them is predicted.</summary>
    Next,
}

/// <summary>Which rows of a set are meant: all, or one side of a split.</summary>
/// <param name="Split">The split; null = all rows.</param>
/// <param name="Valid">The validation side rather than the training side.</param>
public sealed record RowPart(RowSplit? Split, bool Valid)
{
    /// <summary>Every row.</summary>
    public static readonly RowPart All = new(null, false);

    /// <summary>Draws the rows with label 0 that count; null: all do.</summary>
    public NegativeDraw? Negatives { get; init; }

    /// <summary>Whether a row counts: its weight is above 0, and, if its label is 0, it was drawn. Known once the row was read.</summary>
    internal bool Counts(RowGroupRef group, int row, float label, float weight) =>
        weight > 0 && (label > 0 || Negatives is null || Negatives.Keeps(group.Shard, group.FirstRow + row));

    /// <summary>Columns whose values the rows do not have; null: they have all.</summary>
    internal ColumnGroup? Without { get; init; }

    private const int LeastToLeaveOut = 3;

    /// <summary>Which entries of the sequences.</summary>
    public SequencePart Sequences { get; init; }

    /// <summary>How many entries, from the first on, of a list with <paramref name="length"/>.</summary>
    public int EntriesOf(int length) => Sequences switch
    {
        SequencePart.Train => length < LeastToLeaveOut ? length : length - 2,
        SequencePart.Valid => length < LeastToLeaveOut ? 0 : length - 1,
        SequencePart.Test => length < LeastToLeaveOut ? 0 : length,
        _ => length,
    };

    /// <summary>Sets keep[i] for row i of a row group.</summary>
    public void Mark(RowGroupRef group, Span<bool> keep)
    {
        if (Split is null)
        {
            keep.Fill(true);
            return;
        }

        Split.MarkValid(group, keep);
        if (Valid)
            return;
        for (int i = 0; i < keep.Length; i++)
            keep[i] = !keep[i];
    }
}
