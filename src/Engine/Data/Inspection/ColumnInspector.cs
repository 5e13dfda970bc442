namespace GpuCtr.Engine.Data;

/// <summary>Reads one column of all shards in file order and profiles it.</summary>
internal sealed class ColumnInspector(ShardSet shards, string? label)
{
    private const int SampleRows = 1 << 16, ShownValues = 5;

    private readonly ValueTally tally = new();
    private readonly HashSample<(double, int)> sample = new(SampleRows);
    private readonly Dictionary<int, long> lengths = [];
    private readonly ColumnBuffer column = new();
    private readonly ColumnBuffer labels = new();
    private LabelCount nullRows;
    private long nulls, values, notFinite;
    private double least = double.PositiveInfinity, greatest = double.NegativeInfinity, sum;

    /// <summary>Fills in a profile.</summary>
    /// <exception cref="Failure">Data or InputOutput.</exception>
    public ColumnProfile Run(ColumnProfile profile, bool isLabel, CancellationToken cancellation)
    {
        foreach (Shard shard in shards.Shards)
        {
            using ShardReader reader = shard.Rent();
            foreach (RowGroupRef group in shard.RowGroups)
            {
                cancellation.ThrowIfCancellationRequested();
                reader.Read(group.Group, profile.Name, column);
                if (label is not null && !isLabel)
                    reader.Read(group.Group, label, labels);
                for (int r = 0; r < column.Rows; r++)
                    AddRow(r, label is null || isLabel ? -1 : LabelOf(r), RandomBits.Mix(RandomBits.Mix((ulong)group.Shard + 1) + (ulong)(group.FirstRow + r)));
            }
        }

        bool numeric = !column.IsList && column.Kind is ValueKind.Integer or ValueKind.Real;
        long finite = values - notFinite;
        return profile with
        {
            Nulls = nulls,
            Values = values,
            Distinct = tally.Distinct,
            DistinctIsExact = tally.IsExact,
            Top = tally.Top(ShownValues),
            Range = numeric && finite > 0 ? new NumberRange(least, sum / finite, greatest) : null,
            NotFinite = notFinite,
            Lengths = column.IsList ? ProfileOf(lengths) : null,
            LabelAuc = isLabel ? null : Largest(LeakScore.OfValues([.. tally.Counts, nullRows]), LeakScore.OfNumbers(sample.Kept.Select(k => k.Item))),
        };
    }

    private int LabelOf(int r) => Labels.TryRead(labels, r, out float value) ? (int)value : -1;

    private void AddRow(int r, int rowLabel, ulong hash)
    {
        int half = (int)(hash & 1);
        if (!column.IsList)
        {
            AddValue(r, rowLabel, half);
            if (rowLabel >= 0 && !column.IsNull(r) && column.Kind != ValueKind.Text && double.IsFinite(Numbers.At(column, r)))
                sample.Add(hash, (Numbers.At(column, r), rowLabel));
            return;
        }

        int length = column.Offsets[r + 1] - column.Offsets[r];
        lengths[length] = lengths.GetValueOrDefault(length) + 1;
        if (rowLabel >= 0)
            sample.Add(hash, (length, rowLabel));
        for (int i = column.Offsets[r]; i < column.Offsets[r + 1]; i++)
            AddValue(i, -1, half);
    }

    private void AddValue(int i, int rowLabel, int half)
    {
        if (column.IsNull(i))
        {
            nulls++;
            nullRows.Add(rowLabel, half);
            return;
        }

        values++;
        tally.Add(column, i, rowLabel, half);
        if (column.Kind is not (ValueKind.Integer or ValueKind.Real))
            return;
        double x = Numbers.At(column, i);
        if (!double.IsFinite(x))
        {
            notFinite++;
            return;
        }

        (least, greatest) = (Math.Min(least, x), Math.Max(greatest, x));
        sum += x;
    }

    private static double? Largest(double? a, double? b) => a is null || b > a ? b : a;

    private static LengthProfile ProfileOf(Dictionary<int, long> lengths)
    {
        long rows = lengths.Values.Sum();
        (int Length, long Rows)[] sorted = [.. lengths.OrderBy(l => l.Key).Select(l => (l.Key, l.Value))];
        int At(double share)
        {
            long seen = 0;
            return sorted.First(l => (seen += l.Rows) >= share * rows).Length;
        }

        return rows == 0
            ? new LengthProfile(0, 0, 0, 0, 0, 0)
            : new LengthProfile(lengths.GetValueOrDefault(0), sorted.Sum(l => (double)l.Length * l.Rows) / rows, At(0.5), At(0.9), At(0.99), sorted[^1].Length);
    }
}
