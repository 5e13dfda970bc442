namespace GpuCtr.Engine.Data;

/// <summary>
/// The pass over the training rows that finds vocabularies and statistics. Each task reads its own columns of all row groups in
/// file order, so the result does not depend on the number of threads.
/// </summary>
internal sealed class FeatureFit
{
    private const int QuantileParts = 32;

    private readonly ShardSet shards;
    private readonly FeaturePlan plan;
    private readonly RowPart part;
    private readonly Dictionary<string, int> buckets;
    private readonly List<CategoricalState> categorical = [];
    private readonly List<SequenceState> sequences = [];
    private readonly List<(PlannedColumn Column, NumericState? Fitted)> numeric = [];
    private readonly List<List<(PlannedColumn Column, KeyRule Rule, int Field)>> sources = [];
    private long trainRows, positives;

    public FeatureFit(ShardSet shards, FeaturePlan plan, RowPart part)
    {
        (this.shards, this.plan, this.part) = (shards, plan, part);
        buckets = FeatureOptions.Pairs(plan.Options.HashBuckets).ToDictionary(p => p.Column, p =>
            int.TryParse(p.Value, out int n) && n > 0 ? n : throw Failure.BadUsage($"--hash-buckets {p.Column}={p.Value}: not a positive number of buckets"));
        Arrange();
    }

    public FeatureEncoder Run(CancellationToken cancellation)
    {
        int vocabularies = sources.Count, numbers = numeric.Count;
        var tables = new VocabularyTable[vocabularies];
        // The label goes first: it is small, and what is wrong with it should be said before anything else.
        Workers.Run(
            1 + vocabularies + numbers,
            plan.Options.Workers,
            (task, stop) =>
            {
                if (task == 0)
                    FitLabel(stop);
                else if (task <= vocabularies)
                    tables[task - 1] = FitVocabulary(task - 1, stop);
                else
                    numeric[task - 1 - vocabularies] = FitNumeric(numeric[task - 1 - vocabularies].Column, stop);
            },
            cancellation);
        if (trainRows == 0)
            throw Failure.BadData($"{shards.Shards[0].Path}: no training row in {shards.Shards.Count} shard(s); add rows or lower the validation share");
        var state = new FeatureState(
            FeatureEncoder.Format, plan.Label.Column.Name, plan.Group?.Column.Name, trainRows, positives, plan.Options.MinCount,
            VocabularyTable.BucketSeed, categorical, [.. numeric.Select(n => n.Fitted!)], sequences, []);
        return new FeatureEncoder(state, tables);
    }

    private void Arrange()
    {
        foreach (PlannedColumn column in plan.Columns)
        {
            KeyRule? rule = RuleOf(column);
            if (rule is not null)
            {
                categorical.Add(new CategoricalState(column.Column.Name, column.Column.Kind, sources.Count, rule.Value, []));
                sources.Add([(column, rule.Value, categorical.Count - 1)]);
            }
            else if (column.Role == FeatureRole.Numeric)
            {
                numeric.Add((column, null));
            }
        }

        foreach (PlannedColumn list in plan.Columns.Where(c => c.Role is FeatureRole.History or FeatureRole.Pooled))
        {
            int target = categorical.FindIndex(c => c.Column == list.Target);
            int vocabulary = target >= 0 ? categorical[target].Vocabulary : sources.Count;
            if (target < 0)
                sources.Add([]);
            sources[vocabulary].Add((list, KeyRule.Value, -1));
            sequences.Add(new SequenceState(list.Column.Name, list.Column.Kind, vocabulary, target, plan.Options.MaxHistory, list.Separator));
        }
    }

    private static KeyRule? RuleOf(PlannedColumn column) => (column.Role, column.Transform, column.Column.Kind) switch
    {
        (FeatureRole.Categorical, _, ValueKind.Real) => KeyRule.RealId,
        (FeatureRole.Categorical, _, _) => KeyRule.Value,
        (FeatureRole.Numeric, NumericTransform.Criteo, _) => KeyRule.Criteo,
        (FeatureRole.Numeric, NumericTransform.Quantile, _) => KeyRule.Quantile,
        _ => null,
    };

    private void FitLabel(CancellationToken stop) => EachGroup(plan.Label.Column.Name, stop, (group, keep, column) =>
    {
        for (int r = 0; r < column.Rows; r++)
        {
            bool good = Labels.TryRead(column, r, out float label);
            if (!good && plan.Options.BadRows.IsZero)
                throw Labels.Bad(shards.Shards[group.Shard], group, plan.Label.Column.Name, column, r);
            if (!good || !keep[r])
                continue;
            trainRows++;
            positives += label > 0 ? 1 : 0;
        }
    });

    private VocabularyTable FitVocabulary(int vocabulary, CancellationToken stop)
    {
        ShardColumn owner = sources[vocabulary][0].Column.Column;
        ValueKind kind = owner.Kind == ValueKind.Text ? ValueKind.Text : ValueKind.Integer;
        var counter = new ValueCounter(owner.Name, kind, buckets.GetValueOrDefault(owner.Name));
        foreach ((PlannedColumn source, KeyRule rule, int field) in sources[vocabulary])
        {
            double[] boundaries = [];
            if (rule == KeyRule.Quantile)
            {
                boundaries = FitQuantiles(source.Column.Name, stop);
                categorical[field] = categorical[field] with { Boundaries = boundaries };
            }

            EachGroup(source.Column.Name, stop, (group, keep, column) =>
            {
                if (source.Separator is char separator)
                    SeparatedText.Split(column, separator, kind, shards.Shards[group.Shard], group, source.Column.Name);
                CountValues(column, keep, rule, boundaries, counter);
            });
        }

        return counter.Build(plan.Options.MinCount);
    }

    private static void CountValues(ColumnBuffer column, ReadOnlySpan<bool> keep, KeyRule rule, double[] boundaries, ValueCounter counter)
    {
        bool list = column.IsList;
        for (int r = 0; r < column.Rows; r++)
        {
            if (!keep[r])
                continue;
            int end = list ? column.Offsets[r + 1] : r + 1;
            for (int i = list ? column.Offsets[r] : r; i < end; i++)
            {
                if (column.IsNull(i))
                    counter.AddNull();
                else if (column.Kind == ValueKind.Text)
                    counter.Add(column.Texts[i].Span);
                else if (rule == KeyRule.Value)
                    counter.Add(column.Integers[i]);
                else if (Keys.TryOf(column, i, rule, boundaries, out long key))
                    counter.Add(key);
                else
                    counter.AddNull();
            }
        }
    }

    private double[] FitQuantiles(string name, CancellationToken stop)
    {
        var sample = new QuantileSample();
        EachGroup(name, stop, (group, keep, column) =>
        {
            for (int r = 0; r < column.Rows; r++)
            {
                if (keep[r] && !column.IsNull(r) && double.IsFinite(Numbers.At(column, r)))
                    sample.Add(group.Shard, group.FirstRow + r, Numbers.At(column, r));
            }
        });
        return sample.Boundaries(QuantileParts);
    }

    private (PlannedColumn, NumericState?) FitNumeric(PlannedColumn planned, CancellationToken stop)
    {
        string name = planned.Column.Name;
        var stats = new NumericStats();
        double[] values = [];
        EachGroup(name, stop, (group, keep, column) =>
        {
            if (values.Length < column.Rows)
                values = new double[column.Rows];
            int count = 0;
            for (int r = 0; r < column.Rows; r++)
            {
                if (column.IsNull(r))
                {
                    stats.Nulls += keep[r] ? 1 : 0;
                    continue;
                }

                double x = Numbers.At(column, r);
                if (!double.IsFinite(x) && plan.Options.BadRows.IsZero)
                    throw Numbers.NotFinite(shards.Shards[group.Shard], group, name, r, x);
                if (keep[r] && double.IsFinite(x))
                    values[count++] = planned.Transform == NumericTransform.Log ? Numbers.Log(x) : x;
            }

            stats.Add(values.AsSpan(0, count));
        });
        if (!double.IsFinite(stats.Mean) || !double.IsFinite(stats.Deviation))
            throw Failure.BadData($"column '{name}': its values are too large to standardize; use --numeric-transform {name}=log");
        bool scaled = planned.Transform != NumericTransform.None;
        return (planned, new NumericState(name, planned.Transform, scaled ? stats.Mean : 0, scaled ? stats.Deviation : 1, stats.Nulls > 0));
    }

    private delegate void GroupAction(RowGroupRef group, ReadOnlySpan<bool> keep, ColumnBuffer column);

    private void EachGroup(string column, CancellationToken stop, GroupAction action)
    {
        var buffer = new ColumnBuffer();
        bool[] keep = [];
        foreach (Shard shard in shards.Shards)
        {
            using ShardReader reader = shard.Rent();
            foreach (RowGroupRef group in shard.RowGroups)
            {
                stop.ThrowIfCancellationRequested();
                reader.Read(group.Group, column, buffer);
                if (keep.Length < group.Rows)
                    keep = new bool[group.Rows];
                part.Mark(group, keep.AsSpan(0, group.Rows));
                action(group, keep.AsSpan(0, group.Rows), buffer);
            }
        }
    }
}
