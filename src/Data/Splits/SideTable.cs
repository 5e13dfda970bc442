using System.Collections.Concurrent;
using GpuCtr.Data.Shards;
using static System.FormattableString;

namespace GpuCtr.Data.Splits;

/// <summary>The side of every row in a split by columns: found once, then kept as two bits per row.</summary>
internal sealed class SideTable : RowSplit
{
    private const int RowsOfByte = 4, SideBits = 2, SideMask = 3;

    private readonly ShardSet shards;
    private readonly int workers;
    private readonly Dictionary<(int Shard, int Group), int> indexes;
    private readonly byte[][] sides;
    private readonly List<string> keys = [], notes = [];
    private readonly long[] rows = new long[SideMask];

    /// <summary>All rows train.</summary>
    public SideTable(ShardSet shards, int workers)
    {
        (this.shards, this.workers) = (shards, workers);
        indexes = shards.RowGroups.Select((g, i) => (g, i)).ToDictionary(p => (p.g.Shard, p.g.Group), p => p.i);
        sides = [.. shards.RowGroups.Select(g => new byte[(g.Rows + RowsOfByte - 1) / RowsOfByte])];
        rows[(int)RowSide.Train] = shards.Rows;
    }

    /// <inheritdoc/>
    public override string Key => string.Join("; ", keys);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Notes => notes;

    /// <inheritdoc/>
    public override long? Rows(RowSide side) => rows[(int)side];

    /// <summary>Moves the last of the remaining training rows to a side.</summary>
    /// <exception cref="GpuCtrException">Usage: no such column, no order in it. Data: nothing is left on one of the sides.</exception>
    public void TakeLast(RowSide side, LastRows last, string flag)
    {
        OrderedColumn column = OrderedColumn.Of(shards, last.Column, flag, workers);
        if (KeyCut.Find(each => Free(column, each), last.Share is { } share ? (long)(share * shards.Rows) : 0) is not { } least)
            throw GpuCtrException.DataError($"{flag} {last}: no row {(Rows(RowSide.Test) > 0 ? "that is left " : "")}has a value in '{last.Column}'");
        // With a first value, the cut is of zero rows: the largest key.
        ulong cut = last.From is { } from ? column.KeyOf(from, least, flag) : least;
        long nulls = 0;
        column.Read((i, found) =>
        {
            for (int r = 0; r < found.Length; r++)
            {
                if (found[r] is null)
                    Interlocked.Increment(ref nulls);
                else if (found[r] >= cut && SideOf(i, r) == RowSide.Train)
                    Put(i, r, side);
            }
        });
        keys.Add($"{side} {flag} {last} {cut:x16}");
        if (Rows(side) == 0)
            throw GpuCtrException.DataError($"{flag} {last}: no rows would {Verb(side)}; the last value of '{last.Column}' is {column.TextOf(least)}, so name an earlier one");
        if (Rows(RowSide.Train) == 0)
            throw GpuCtrException.DataError($"{flag} {last}: no rows would be left to train on; {(last.Share is null ? "name a later value" : $"rows with equal values in '{last.Column}' stay together, so name a column with more values or a smaller share")}");
        notes.Add(Invariant($"{Rows(side):N0} rows with {last.Column} from {column.TextOf(cut)} on {Verb(side)}{(nulls > 0 ? Invariant($"; {nulls:N0} without a value train") : "")}"));
    }

    /// <summary>A share of the values of a column, chosen by a hash but at least one, with all rows of each that still train, changes the side.</summary>
    /// <exception cref="GpuCtrException">Usage: no such column. Data: nothing is left to train on.</exception>
    public void TakeGroups(RowSide side, string name, double fraction, string flag)
    {
        ColumnRequest request = GroupKey.Request(shards, name) ?? throw GpuCtrException.UsageError(
            $"{flag} {name}: not every shard has this column with integers or strings{Spelling.Suggest(name, shards.Columns.Select(c => c.Name))}; the columns are {string.Join(", ", shards.Columns.Select(c => c.Name))}");
        ulong least = TakeGroups(side, request, below: Threshold(fraction));
        bool single = Rows(side) == 0 && least < ulong.MaxValue;
        if (single)
            TakeGroups(side, request, below: least + 1);
        keys.Add(Invariant($"{side} {flag} {name} {fraction:R}"));
        if (Rows(RowSide.Train) == 0)
            throw GpuCtrException.DataError($"{flag} {name}: no rows would be left to train on; all rows of a value stay together, so choose a column with more values{Invariant($", or a share below --valid-fraction {fraction}")}");
        notes.Add(Invariant($"{Rows(side):N0} rows {Verb(side)}: all those of {(single ? "one value" : Invariant($"{100 * fraction:0.##}% of the values"))} of {name}"));
    }

    /// <summary>Moves the groups with hashes below a bound to a side; returns the smallest hash of a training row.</summary>
    private ulong TakeGroups(RowSide side, ColumnRequest request, ulong below)
    {
        ConcurrentBag<ColumnBuffer> idle = [];
        ulong[] least = new ulong[sides.Length];
        Workers.Run(sides.Length, workers, (i, _) =>
        {
            ColumnBuffer buffer = idle.TryTake(out ColumnBuffer? used) ? used : new ColumnBuffer();
            using (ShardReader reader = shards.Shards[shards.RowGroups[i].Shard].Rent())
                reader.Read(shards.RowGroups[i].Group, request, buffer);
            least[i] = ulong.MaxValue;
            for (int r = 0; r < shards.RowGroups[i].Rows; r++)
            {
                if (SideOf(i, r) != RowSide.Train)
                    continue;
                ulong hash = Hash(GroupKey.Of(buffer, r));
                least[i] = Math.Min(least[i], hash);
                if (hash < below)
                    Put(i, r, side);
            }

            idle.Add(buffer);
        });
        return least.Append(ulong.MaxValue).Min();
    }

    /// <summary>The rows of a side of another split that still train change the side.</summary>
    public void Take(RowSide side, RowSplit other)
    {
        for (int i = 0; i < sides.Length; i++)
        {
            bool[] chosen = new bool[shards.RowGroups[i].Rows];
            other.Mark(shards.RowGroups[i], side, chosen);
            for (int r = 0; r < chosen.Length; r++)
            {
                if (chosen[r] && SideOf(i, r) == RowSide.Train)
                    Put(i, r, side);
            }
        }

        keys.Add($"{side} {other.Key}");
        notes.Add(Invariant($"{Rows(side):N0} of the other rows {Verb(side)}, chosen by a hash"));
    }

    /// <inheritdoc/>
    public override void Mark(RowGroupRef group, RowSide side, Span<bool> chosen)
    {
        int i = indexes[(group.Shard, group.Group)];
        for (int r = 0; r < chosen.Length; r++)
            chosen[r] = SideOf(i, r) == side;
    }

    private static string Verb(RowSide side) => side == RowSide.Valid ? "validate" : "test";

    private void Free(OrderedColumn column, Action<ReadOnlySpan<ulong>> each) => column.Read((i, found) =>
    {
        ulong[] free = new ulong[found.Length];
        int count = 0;
        for (int r = 0; r < found.Length; r++)
        {
            if (found[r] is { } key && SideOf(i, r) == RowSide.Train)
                free[count++] = key;
        }

        each(free.AsSpan(0, count));
    });

    private RowSide SideOf(int group, int row) => (RowSide)((sides[group][row / RowsOfByte] >> (SideBits * (row % RowsOfByte))) & SideMask);

    /// <summary>A row group belongs to one thread.</summary>
    private void Put(int group, int row, RowSide side)
    {
        sides[group][row / RowsOfByte] |= (byte)((int)side << (SideBits * (row % RowsOfByte)));
        Interlocked.Increment(ref rows[(int)side]);
        Interlocked.Decrement(ref rows[(int)RowSide.Train]);
    }
}
