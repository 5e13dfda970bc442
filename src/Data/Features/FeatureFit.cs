using System.Collections.Concurrent;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Models.Features;

namespace GpuCtr.Data.Features;

/// <summary>
/// The pass over the training rows that finds vocabularies and statistics. Threads take row groups and count separately;
/// their results are merged in a way that does not depend on the threads.
/// </summary>
internal sealed class FeatureFit
{
    private readonly ShardSet shards;
    private readonly FeaturePlan plan;
    private readonly RowPart part;
    private readonly FitLayout layout;
    private readonly bool learnsItems;

    /// <param name="shards">Training shards.</param>
    /// <param name="plan">Roles of their columns.</param>
    /// <param name="part">The rows to fit.</param>
    /// <param name="learnsItems">Whether negatives will be drawn, so that the attributes of items are learned too, in a further pass.</param>
    public FeatureFit(ShardSet shards, FeaturePlan plan, RowPart part, bool learnsItems)
    {
        (this.shards, this.plan, this.part, this.learnsItems) = (shards, plan, part, learnsItems && !plan.HasNegatives);
        layout = new FitLayout(plan);
    }

    /// <summary>The encoder. <paramref name="progress"/> receives the rows done, from one thread at a time.</summary>
    public FeatureEncoder Run(Action<long>? progress, CancellationToken cancellation)
    {
        FitQuantiles(cancellation);
        VocabularyCounter[] counters = layout.NewCounters();
        var targets = new TargetSums[shards.RowGroups.Count];
        NumericSummary[][] numbers = [.. layout.Numeric.Select(_ => new NumericSummary[shards.RowGroups.Count])];
        VectorSummary[][] vectors = [.. layout.Vectors.Select(_ => new VectorSummary[shards.RowGroups.Count])];
        List<FitWorker> workers = Pass((worker, group, index) => Count(worker, group, index, targets, numbers, vectors, counters), progress, cancellation);
        foreach (FitWorker worker in workers)
            worker.MergeInto(counters, flushAt: 0);
        CheckMemory(counters);
        // In the order of the files, so that sums have the same bits for any number of workers.
        TargetSums all = targets.Aggregate(default(TargetSums), (sum, group) => sum.Then(group));
        if (all.Rows == 0)
            throw GpuCtrException.DataError(new DataPlace(shards.Shards[0].Path), $"no training row in {shards.Shards.Count} shard(s); add rows or lower the validation share{(plan.Options.Weight is null ? "" : ", and see that some weights are above 0")}");
        var tables = new VocabularyTable[counters.Length];
        Workers.Run(tables.Length, plan.Options.Workers, (v, _) => (tables[v], counters[v]) = (counters[v].Build(plan.Options.MinCount), null!), cancellation);
        RealColumnTraits reals = new();
        workers.ForEach(t => reals.Add(t.Reals));
        // Doubles that are all whole are integers that became doubles because of nulls.
        for (int f = 0; f < layout.Categorical.Count; f++)
        {
            if (layout.Categorical[f] is { Rule: KeyRule.RealId } ids && reals.AreWhole(ids.Column))
                layout.Categorical[f] = ids with { Kind = ValueKind.Integer, Rule = KeyRule.Value };
        }

        var state = new FittedFeatures(
            FeatureEncoder.Format, plan.Label?.Name, plan.GroupKey?.Name, all.Rows, all.Positives, plan.Options.MinCount,
            ComputedRows.Seed, layout.Categorical, [.. layout.Numeric.Select((n, i) => NumericOf(n, numbers[i], reals))], layout.Sequences, [],
            layout.Negatives.Count > 0 ? layout.Negatives : null,
            Vectors: layout.Vectors.Count > 0 ? [.. layout.Vectors.Select((v, i) => VectorSummary.Column(shards, v, vectors[i]))] : null,
            Target: plan.Label is null || TargetRule.Of(plan) is not { IsPlain: false } rule ? null : new FittedTarget(rule, all.Weight, all.Label))
        { ItemAttributes = learnsItems ? Attributes(tables, cancellation) : null };
        return new FeatureEncoder(state, tables);
    }

    /// <summary>A pass over the targets and histories of the training rows, whose vocabularies are known.</summary>
    private List<ItemAttribute> Attributes(VocabularyTable[] tables, CancellationToken cancellation)
    {
        SequenceField[] histories = [.. layout.Sequences.Where(s => s.Target >= 0).Select(s => new SequenceField(s.Column, s.Vocabulary, SequenceRole.History, s.Target, s.MaxLength))];
        if (histories.Length < 2)
            return [];
        SequenceField item = ItemAttribute.ItemOf(histories, v => tables[v].Rows);
        ItemAttributeFit[] fits = [.. histories.Where(h => h.Vocabulary != item.Vocabulary).Select(h => new ItemAttributeFit(item.Vocabulary, h.Vocabulary, tables))];
        Pass((worker, group, _) => worker.LearnAttributes(group, fits, tables), null, cancellation);
        return [.. fits.Select(f => f.Learned())];
    }

    private void Count(FitWorker worker, RowGroupRef group, int index, TargetSums[] targets, NumericSummary[][] numbers, VectorSummary[][] vectors, VocabularyCounter[] counters)
    {
        targets[index] = worker.Count(group, index, numbers, vectors, counters);
        CheckMemory(counters);
    }

    /// <summary>Share of the memory for counts; the rest is for decoding and for the resulting tables.</summary>
    private void CheckMemory(VocabularyCounter[] counters)
    {
        const double share = 0.6;
        VocabularyCounter? largest = counters.MaxBy(c => c.Bytes);
        // A growing table exists twice for a moment.
        if (largest is null || counters.Sum(c => c.Bytes) + largest.Bytes / 2 <= share * plan.Options.MemoryBytes)
            return;
        throw GpuCtrException.DataError(
            $"column '{largest.Name}' has at least {largest.Distinct:N0} distinct values: counting them takes more than --memory allows; "
            + $"hash them (--hash-buckets {ColumnNames.InShell(largest.Name)}=N), leave the column out (--exclude {ColumnNames.InShell(largest.Name)}) or give more memory");
    }

    /// <summary>A separate pass over columns with quantile buckets, because buckets can be counted only when their boundaries are known.</summary>
    private void FitQuantiles(CancellationToken cancellation)
    {
        int[] fields = [.. Enumerable.Range(0, layout.Categorical.Count).Where(f => layout.Categorical[f].Rule == KeyRule.Quantile)];
        if (fields.Length == 0)
            return;
        QuantileSample[] samples = [.. fields.Select(_ => new QuantileSample())];
        foreach (FitWorker worker in Pass((worker, group, _) => worker.Sample(group, fields), null, cancellation))
            worker.MergeInto(samples);
        for (int i = 0; i < fields.Length; i++)
            layout.Categorical[fields[i]] = layout.Categorical[fields[i]] with { Boundaries = samples[i].Boundaries() };
    }

    private List<FitWorker> Pass(Action<FitWorker, RowGroupRef, int> action, Action<long>? progress, CancellationToken cancellation)
    {
        var idle = new ConcurrentBag<FitWorker>();
        var gate = new Lock();
        long done = 0;
        Workers.Run(
            shards.RowGroups.Count,
            shards.DecodeThreads(plan.Options.MemoryBytes, plan.Options.Workers),
            (index, _) =>
            {
                if (!idle.TryTake(out FitWorker? worker))
                    worker = new FitWorker(shards, plan, part, layout);
                action(worker, shards.RowGroups[index], index);
                idle.Add(worker);
                lock (gate)
                    progress?.Invoke(done += shards.RowGroups[index].Rows);
            },
            cancellation);
        return [.. idle];
    }

    private NumericColumn NumericOf(FeatureColumn column, NumericSummary[] groups, RealColumnTraits reals)
    {
        // In the order of the files, so that sums have the same bits for any number of workers.
        Moments all = groups.Aggregate(default(Moments), (sum, group) => sum.Then(group.Moments));
        bool scaled = column.Transform != NumericTransform.None;
        return new NumericColumn(
            column.Name, column.Transform, scaled ? all.Mean : 0, scaled ? all.Deviation : 1, all.Nulls > 0, column.Kind == ValueKind.Time,
            NumericOutlier.Of(shards, column, groups, all),
            LooksLikeIds: !plan.Options.Numeric.Contains(column.Name) && reals.MayBeIds(column.Name));
    }
}
