using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;

namespace GpuCtr.Data.Features;

/// <summary>One thread of the fit: its buffers and its counts so far.</summary>
internal sealed partial class FitWorker(ShardSet shards, FeaturePlan plan, RowPart part, FitLayout layout)
{
    // A thread flushes its counts at this number of values or this share of the memory, so that not every thread holds every value.
    private const int MostValues = 1 << 20, MostParts = 16;

    private readonly ColumnBuffer column = new();
    private readonly VocabularyCounter[] counters = layout.NewCounters();
    private readonly Dictionary<int, QuantileSample> samples = [];
    private readonly TargetReader? targets = plan.Label is null ? null : new TargetReader(plan.Label.Name, TargetRule.Of(plan));
    private readonly bool mayNotCount = plan.Label is not null && (part.Negatives is not null || TargetRule.Of(plan).HasWeights);
    private bool[] keep = [];
    private double[] numbers = [];
    private ColumnRequest? loaded;

    /// <summary>Properties of columns of reals.</summary>
    public RealColumnTraits Reals { get; } = new();

    /// <summary>Counts a row group and returns its targets; these are read first, so that bad labels are reported before anything else.</summary>
    public TargetSums Count(RowGroupRef group, int index, NumericSummary[][] found, VectorSummary[][] vectors, VocabularyCounter[] shared)
    {
        using ShardReader reader = shards.Shards[group.Shard].Rent();
        TargetSums sums = Start(reader, group, readTargets: true);

        for (int v = 0; v < counters.Length; v++)
        {
            foreach (FeatureColumn source in layout.Vocabularies[v].Columns)
            {
                Load(reader, group, source.Request);
                if (source.Grammar is { } grammar)
                    Split(group, source.Name, grammar, layout.KindOf(v));
                CountValues(group, source, layout.Vocabularies[v].Field, counters[v]);
            }
        }

        for (int n = 0; n < layout.Numeric.Count; n++)
        {
            Load(reader, group, layout.Numeric[n].Request);
            found[n][index] = NumbersOf(group, layout.Numeric[n]);
        }

        for (int v = 0; v < layout.Vectors.Count; v++)
        {
            Load(reader, group, layout.Vectors[v].Request);
            vectors[v][index] = VectorsOf(group, layout.Vectors[v]);
        }

        MergeInto(shared, counters.Sum(c => c.Bytes) > plan.Options.MemoryBytes / MostParts / plan.Options.Workers ? 1 : MostValues);
        return sums;
    }

    /// <summary>Samples the columns of some fields for their quantiles.</summary>
    public void Sample(RowGroupRef group, int[] fields)
    {
        using ShardReader reader = shards.Shards[group.Shard].Rent();
        Start(reader, group, readTargets: mayNotCount);
        for (int i = 0; i < fields.Length; i++)
        {
            Load(reader, group, layout.Categorical[fields[i]].Request());
            if (!samples.TryGetValue(i, out QuantileSample? sample))
                samples[i] = sample = new QuantileSample();
            for (int r = 0; r < column.Rows; r++)
            {
                if (keep[r] && !column.IsNull(r) && double.IsFinite(column.NumberAt(r)))
                    sample.Add(group.Shard, group.FirstRow + r, column.NumberAt(r));
            }
        }
    }

    /// <summary>Flushes counts to the shared counters, if there are more than <paramref name="flushAt"/> values.</summary>
    public void MergeInto(VocabularyCounter[] shared, int flushAt)
    {
        for (int v = 0; v < counters.Length; v++)
        {
            if (counters[v].Distinct >= flushAt)
                counters[v].MoveTo(shared[v]);
        }
    }

    /// <summary>Adds the samples.</summary>
    public void MergeInto(QuantileSample[] shared)
    {
        foreach ((int i, QuantileSample sample) in samples)
            shared[i].Add(sample);
    }

    /// <summary>Marks the rows to use. Only targets determine which rows do not count.</summary>
    private TargetSums Start(ShardReader reader, RowGroupRef group, bool readTargets)
    {
        if (keep.Length < group.Rows)
            keep = new bool[group.Rows];
        part.Mark(group, keep.AsSpan(0, group.Rows));
        loaded = null;
        return targets is null ? new(keep.AsSpan(0, group.Rows).Count(true), 0, 0, 0) : readTargets ? ReadTargets(reader, group) : default;
    }

    private TargetSums ReadTargets(ShardReader reader, RowGroupRef group)
    {
        TargetSums sums = default;
        targets!.Read(reader, group);
        for (int r = 0; r < group.Rows; r++)
        {
            bool good = targets.TryRead(r, out RowTarget target);
            if (!good && plan.Options.BadRows.IsZero)
                throw targets.Bad(shards.Shards[group.Shard], group, r);
            if (!good || !keep[r])
                continue;
            keep[r] = part.Counts(group, r, target.Label, target.Weight);
            sums = keep[r] ? sums.With(target) : sums;
        }

        return sums;
    }

    // The two derived fields of a time are consecutive and come from one column.
    private void Load(ShardReader reader, RowGroupRef group, ColumnRequest request)
    {
        if (loaded == request)
            return;
        reader.Read(group.Group, request, column);
        loaded = request;
        if (column.Misfits.Count > 0 && plan.Options.BadRows.IsZero)
            throw request.Misfit(shards.Shards[group.Shard], group, column);
        if (column.Kind == ValueKind.Real && !column.IsList)
            Reals.Add(request.Name, column);
    }

    private void Split(RowGroupRef group, string name, ListGrammar grammar, ValueKind kind)
    {
        // The buffer was converted, so it must not be reused as this column.
        loaded = null;
        ListText.Split(column, grammar, kind, (row, fault) =>
        {
            if (plan.Options.BadRows.IsZero)
                throw ListText.Broken(shards.Shards[group.Shard], group, name, row, fault, grammar);
        });
    }

    private void CountValues(RowGroupRef group, FeatureColumn source, int field, VocabularyCounter counter)
    {
        KeyRule rule = source.KeyRule ?? KeyRule.Value;
        double[] boundaries = field >= 0 ? layout.Categorical[field].Boundaries : [];
        bool list = column.IsList;
        for (int r = 0; r < column.Rows; r++)
        {
            if (!keep[r])
                continue;
            int first = list ? column.Offsets[r] : r, end = list ? first + part.EntriesOf(column.Offsets[r + 1] - first) : r + 1;
            for (int i = first; i < end; i++)
            {
                if (column.IsNull(i))
                    counter.AddNull();
                else if (column.Kind == ValueKind.Text)
                    counter.Add(column.Texts[i].Span);
                else if (rule == KeyRule.Value)
                    counter.Add(column.Integers[i]);
                else if (KeyEncoder.TryEncode(column, i, rule, boundaries, out long key))
                    counter.Add(key);
                else if (rule == KeyRule.RealId)
                    counter.AddNull();
                else if (plan.Options.BadRows.IsZero)
                    throw NumericTransforms.Bad(shards.Shards[group.Shard], group, source.Name, r, column.NumberAt(r));
            }
        }
    }

    private NumericSummary NumbersOf(RowGroupRef group, FeatureColumn planned)
    {
        if (numbers.Length < column.Rows)
            numbers = new double[column.Rows];
        int count = 0;
        long nulls = 0;
        for (int r = 0; r < column.Rows; r++)
        {
            if (column.IsNull(r))
            {
                nulls += keep[r] ? 1 : 0;
                continue;
            }

            double x = column.NumberAt(r);
            bool good = NumericTransforms.CanRead(x, planned.Transform);
            if (!good && plan.Options.BadRows.IsZero)
                throw NumericTransforms.Bad(shards.Shards[group.Shard], group, planned.Name, r, x);
            if (keep[r] && good)
                numbers[count++] = NumericTransforms.BeforeScaling(x, planned.Transform);
        }

        return NumericSummary.Of(numbers.AsSpan(0, count), nulls);
    }
}
