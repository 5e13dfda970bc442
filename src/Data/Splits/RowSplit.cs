using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Splits;

/// <summary>Splits the rows of a set of shards into training, validation and test rows.</summary>
/// <remarks>A function of the row's position, of its list, or of a table of sides only, so that the same encoded blocks serve both parts.</remarks>
public abstract class RowSplit
{
    /// <summary>The parameters of the split, as part of cache keys.</summary>
    public abstract string Key { get; }

    /// <summary>One line for each split by a column.</summary>
    public virtual IReadOnlyList<string> Notes => [];

    /// <summary>Sets chosen[i] for row i of a row group: whether it is on that side.</summary>
    public abstract void Mark(RowGroupRef group, RowSide side, Span<bool> chosen);

    /// <summary>Rows on a side, 0 if the split has no such side; null if they were not counted.</summary>
    public virtual long? Rows(RowSide side) => side == RowSide.Test ? 0 : null;

    /// <summary>A share of the rows, chosen by a hash of (shard, row).</summary>
    /// <param name="fraction">Share of the rows that validate, 0 … 1.</param>
    /// <param name="seed">Another seed chooses other rows.</param>
    public static RowSplit ByHash(double fraction, ulong seed = 0) => new HashSplit(fraction, seed);

    /// <summary>A share of the lists, chosen by a hash of what their rows have in common; a list is on one side.</summary>
    /// <param name="lists">The lists.</param>
    /// <param name="fraction">Share of the lists that validate, 0 … 1.</param>
    /// <param name="seed">Another seed chooses other lists.</param>
    internal static RowSplit ByList(RowLists lists, double fraction, ulong seed = 0) => new ListSplit(lists, fraction, seed);

    /// <summary>The hash of the key of a group: those below the threshold of the fraction validate.</summary>
    private protected static ulong Hash(ulong key, ulong seed = 0) => RandomBits.Mix(seed ^ RandomBits.Mix(key + 1));

    /// <summary>The hash from which on rows or groups train.</summary>
    private protected static ulong Threshold(double fraction) => fraction >= 1 ? ulong.MaxValue : (ulong)(Math.Max(0, fraction) * 18446744073709551616.0);

    private sealed class ListSplit(RowLists lists, double fraction, ulong seed) : RowSplit
    {
        public override string Key => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"hash of {lists.Column} {fraction:R} {seed}");

        public override void Mark(RowGroupRef group, RowSide side, Span<bool> chosen) => lists.Mark(group, chosen, key => (Hash(key, seed) < Threshold(fraction) ? RowSide.Valid : RowSide.Train) == side);
    }

    private sealed class HashSplit(double fraction, ulong seed) : RowSplit
    {
        private readonly ulong threshold = Threshold(fraction);

        public override string Key => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"hash {fraction:R} {seed}");

        public override void Mark(RowGroupRef group, RowSide side, Span<bool> chosen)
        {
            ulong start = RandomBits.Mix(seed ^ RandomBits.Mix((ulong)group.Shard + 1));
            for (int i = 0; i < chosen.Length; i++)
                chosen[i] = (RandomBits.Mix(start + (ulong)(group.FirstRow + i)) < threshold ? RowSide.Valid : RowSide.Train) == side;
        }
    }
}

/// <summary>Which entries of a sequence are used and predicted. Leave one out (Train, Valid, Test): the last item is for the test and the last but one for validation; a sequence with fewer than three items is only trained on.</summary>
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

    /// <summary>All; the next item after them is predicted.</summary>
    Next,
}

/// <summary>Which rows of a set are meant: all, or one side of a split.</summary>
/// <param name="Split">The split; null = all rows.</param>
/// <param name="Side">The side.</param>
public sealed record RowPart(RowSplit? Split, RowSide Side)
{
    /// <summary>Every row.</summary>
    public static readonly RowPart All = new(null, RowSide.Train);

    /// <summary>Draws the rows with label 0 that count; null: all do.</summary>
    public NegativeDraw? Negatives { get; init; }

    /// <summary>Whether a row counts: its weight is above 0, and, if its label is 0, it was sampled. Known once the row has been read.</summary>
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

        Split.Mark(group, Side, keep);
    }
}
