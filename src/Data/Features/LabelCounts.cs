using System.Collections.Concurrent;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using static System.FormattableString;

namespace GpuCtr.Data.Features;

/// <summary>Numbers of rows by label.</summary>
/// <param name="Rows">Rows that count.</param>
/// <param name="Positives">Those whose label is above 0.</param>
internal readonly record struct LabelCounts(long Rows, long Positives)
{
    /// <summary>Rows with label 0.</summary>
    public long Negatives => Rows - Positives;

    /// <summary>Whether both labels occur, so that AUC is defined.</summary>
    public bool HasBoth => Positives > 0 && Negatives > 0;

    /// <summary>Description, if a label is missing.</summary>
    public string OneSided() => Rows == 0 ? "no rows" : Invariant($"all {Rows:N0} rows have label {(Positives > 0 ? 1 : 0)}");

    /// <summary>Counts the labels of parts of the rows, one entry per part. Reads only labels and weights.</summary>
    /// <param name="shards">The shards.</param>
    /// <param name="label">The label column.</param>
    /// <param name="rule">How it is read.</param>
    /// <param name="badRows">Allowed number of rows, in all parts together, whose label or weight is bad.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="parts">The parts.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="GpuCtrException">Data: more bad labels than allowed, broken pages.</exception>
    public static LabelCounts[] Of(ShardSet shards, string label, TargetRule rule, BadRowBudget badRows, int workers, IReadOnlyList<RowPart> parts, CancellationToken cancellation = default)
    {
        LabelPass pass = new(shards, label, rule, badRows, parts);
        Workers.Run(shards.RowGroups.Count, workers, (i, _) => pass.Count(shards.RowGroups[i]), cancellation);
        return pass.Counts;
    }

    private sealed class LabelPass(ShardSet shards, string label, TargetRule rule, BadRowBudget badRows, IReadOnlyList<RowPart> parts)
    {
        private readonly Lock gate = new();
        private readonly ConcurrentBag<TargetReader> idle = [];
        private long bad;

        public LabelCounts[] Counts { get; } = new LabelCounts[parts.Count];

        public void Count(RowGroupRef group)
        {
            TargetReader targets = idle.TryTake(out TargetReader? used) ? used : new TargetReader(label, rule);
            Shard shard = shards.Shards[group.Shard];
            using (ShardReader reader = shard.Rent())
                targets.Read(reader, group);
            bool[] keep = new bool[group.Rows];
            for (int p = 0; p < parts.Count; p++)
            {
                parts[p].Mark(group, keep);
                CountPart(p, group, targets, keep);
            }

            CheckBad(shard, group, targets);
            idle.Add(targets);
        }

        private void CountPart(int part, RowGroupRef group, TargetReader targets, bool[] keep)
        {
            long rows = 0, positives = 0;
            for (int r = 0; r < keep.Length; r++)
            {
                if (!keep[r] || !targets.TryRead(r, out RowTarget target) || !parts[part].Counts(group, r, target.Label, target.Weight))
                    continue;
                rows++;
                positives += target.Label > 0 ? 1 : 0;
            }

            lock (gate)
                Counts[part] = new LabelCounts(Counts[part].Rows + rows, Counts[part].Positives + positives);
        }

        private void CheckBad(Shard shard, RowGroupRef group, TargetReader targets)
        {
            int first = -1, count = 0;
            for (int r = group.Rows - 1; r >= 0; r--)
                (first, count) = targets.TryRead(r, out _) ? (first, count) : (r, count + 1);
            if (count == 0)
                return;
            if (badRows.IsZero)
                throw targets.Bad(shard, group, first);
            long limit = badRows.Limit(shards.Rows), all = Interlocked.Add(ref bad, count);
            if (all > limit)
                throw GpuCtrException.DataError(new DataPlace(shard.Path), $"label column '{label}': {all} rows so far are {rule.Fault}, --bad-rows allows {limit}; {targets.Advice(shard) ?? "correct the data or raise the budget"}");
        }
    }
}
