using System.Collections.Concurrent;
using GpuCtr.Data.Shards;
using static System.FormattableString;

namespace GpuCtr.Data.Features;

/// <summary>Numbers of rows by label.</summary>
/// <param name="Rows">Rows whose label is 0 or 1.</param>
/// <param name="Positives">Those with label 1.</param>
internal readonly record struct LabelCounts(long Rows, long Positives)
{
    /// <summary>Rows with label 0.</summary>
    public long Negatives => Rows - Positives;

    /// <summary>Whether both labels occur, so that AUC is defined.</summary>
    public bool HasBoth => Positives > 0 && Negatives > 0;

    /// <summary>Description, if a label is missing.</summary>
    public string OneSided() => Rows == 0 ? "no rows" : Invariant($"all {Rows:N0} rows have label {(Positives > 0 ? 1 : 0)}");

    /// <summary>Counts the labels of parts of the rows, one entry per part. Reads only the label column.</summary>
    /// <param name="shards">The shards.</param>
    /// <param name="label">Its label column.</param>
    /// <param name="badRows">Allowed number of rows, in all parts together, whose label is neither 0 nor 1.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="parts">The parts.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="GpuCtrException">Data: more bad labels than allowed, broken pages.</exception>
    public static LabelCounts[] Of(ShardSet shards, string label, BadRowBudget badRows, int workers, IReadOnlyList<RowPart> parts, CancellationToken cancellation = default)
    {
        LabelPass pass = new(shards, label, badRows, parts);
        Workers.Run(shards.RowGroups.Count, workers, (i, _) => pass.Count(shards.RowGroups[i]), cancellation);
        return pass.Counts;
    }

    private sealed class LabelPass(ShardSet shards, string label, BadRowBudget badRows, IReadOnlyList<RowPart> parts)
    {
        private readonly Lock gate = new();
        private readonly ConcurrentBag<ColumnBuffer> idle = [];
        private long bad;

        public LabelCounts[] Counts { get; } = new LabelCounts[parts.Count];

        public void Count(RowGroupRef group)
        {
            ColumnBuffer column = idle.TryTake(out ColumnBuffer? used) ? used : new ColumnBuffer();
            Shard shard = shards.Shards[group.Shard];
            using (ShardReader reader = shard.Rent())
                reader.Read(group.Group, new ColumnRequest(label, null), column);
            bool[] keep = new bool[group.Rows];
            for (int p = 0; p < parts.Count; p++)
            {
                parts[p].Mark(group, keep);
                CountPart(p, column, keep);
            }

            CheckBad(shard, group, column);
            idle.Add(column);
        }

        private void CountPart(int part, ColumnBuffer column, bool[] keep)
        {
            long rows = 0, positives = 0;
            for (int r = 0; r < keep.Length; r++)
            {
                if (!keep[r] || !LabelReader.TryRead(column, r, out float value))
                    continue;
                rows++;
                positives += value > 0 ? 1 : 0;
            }

            lock (gate)
                Counts[part] = new LabelCounts(Counts[part].Rows + rows, Counts[part].Positives + positives);
        }

        private void CheckBad(Shard shard, RowGroupRef group, ColumnBuffer column)
        {
            int first = -1, count = 0;
            for (int r = group.Rows - 1; r >= 0; r--)
                (first, count) = LabelReader.TryRead(column, r, out _) ? (first, count) : (r, count + 1);
            if (count == 0)
                return;
            if (badRows.IsZero)
                throw LabelReader.Bad(shard, group, label, column, first);
            long limit = badRows.Limit(shards.Rows), all = Interlocked.Add(ref bad, count);
            if (all > limit)
                throw GpuCtrException.DataError($"{shard.Path}: label column '{label}': {all} rows so far are neither 0 nor 1, --bad-rows allows {limit}; {LabelReader.OtherNames(shard, label) ?? "correct the data or raise the budget"}");
        }
    }
}
