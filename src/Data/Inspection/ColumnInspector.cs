using GpuCtr.Data.Features;
using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Inspection;

/// <summary>Profiles one column, whose row groups come in file order.</summary>
/// <param name="column">The column.</param>
/// <param name="profile">The profile before values are read.</param>
/// <param name="isLabel">Whether it is the label itself, for which no AUC is computed.</param>
/// <param name="lists">How lists in its strings are read.</param>
internal sealed class ColumnInspector(StoredColumn column, ColumnProfile profile, bool isLabel, ListReading lists)
{
    private const int SampleRows = 1 << 16, ShownValues = 5;

    // Scaled down by this factor, finite numbers of any size can be summed.
    private const double Scale = 1.0 / (1L << 62);

    private readonly ValueHistogram tally = new();
    private readonly HashSample<(double, int)> sample = new(SampleRows);
    private readonly Dictionary<int, long> lengths = [];
    private readonly bool isList = column.IsList || lists.Grammar is not null;
    private LabelCount nullRows;
    private readonly RealColumnTraits reals = new();
    private long nulls, values, notFinite, misfits, broken;
    private string? firstBroken;
    private double least = double.PositiveInfinity, greatest = double.NegativeInfinity, sum, scaledSum;

    /// <summary>The column.</summary>
    public StoredColumn Column => column;

    /// <summary>The error if it cannot be read; else null.</summary>
    public string? Trouble { get; set; }

    /// <summary>What was found.</summary>
    public ColumnProfile Profile()
    {
        if (Trouble is not null)
            return profile with { Role = "", Note = "", Trouble = Trouble };
        bool numeric = !isList && (WholeNumber.Is(column.Kind) || column.Kind == ValueKind.Real);
        long finite = values - notFinite;
        return profile with
        {
            Nulls = nulls,
            Values = values,
            Distinct = tally.Distinct,
            DistinctIsExact = tally.IsExact,
            Top = tally.Top(ShownValues),
            Range = numeric && finite > 0 ? new NumberRange(least, double.IsFinite(sum) ? sum / finite : scaledSum / finite / Scale, greatest) : null,
            NotFinite = notFinite,
            Misfits = misfits,
            MayBeIds = reals.MayBeIds(column.Name),
            Lengths = isList ? LengthProfile.Of(lengths, lists.Longest) : null,
            Broken = broken,
            FirstBroken = firstBroken,
            LabelAuc = isLabel ? null : Largest(SingleColumnAuc.OfValues([.. tally.Counts, nullRows]), SingleColumnAuc.OfNumbers(sample.Kept.Select(k => k.Item))),
        };
    }

    /// <summary>Takes in a row group.</summary>
    /// <param name="shard">Where it is.</param>
    /// <param name="group">Which one.</param>
    /// <param name="read">The decoded column; lists in strings are split in place.</param>
    /// <param name="labels">(rows) 0 or 1; −1 = unknown.</param>
    public void Add(Shard shard, RowGroupRef group, ColumnBuffer read, ReadOnlySpan<sbyte> labels)
    {
        misfits += read.Misfits.Count;
        if (read.Kind == ValueKind.Real)
            reals.Add(column.Name, read);
        if (lists.Grammar is { } grammar)
            ListText.Split(read, grammar, lists.Kind, (row, fault) => AddBroken(shard, group, row, fault));
        for (int r = 0; r < read.Rows; r++)
        {
            ulong hash = RandomBits.Mix(RandomBits.Mix((ulong)group.Shard + 1) + (ulong)(group.FirstRow + r));
            if (read.IsList)
                AddList(read, r, labels[r], hash);
            else
                AddRow(read, r, labels[r], hash);
        }
    }

    private void AddRow(ColumnBuffer read, int r, int label, ulong hash)
    {
        AddValue(read, r, label, Half(hash));
        if (label >= 0 && !read.IsNull(r) && read.Kind != ValueKind.Text && double.IsFinite(read.NumberAt(r)))
            sample.Add(hash, (read.NumberAt(r), label));
    }

    private void AddList(ColumnBuffer read, int r, int label, ulong hash)
    {
        int length = read.Offsets[r + 1] - read.Offsets[r];
        lengths[length] = lengths.GetValueOrDefault(length) + 1;
        if (label >= 0)
            sample.Add(hash, (length, label));
        for (int i = read.Offsets[r]; i < read.Offsets[r + 1]; i++)
            AddValue(read, i, -1, Half(hash));
    }

    private void AddValue(ColumnBuffer read, int i, int label, int half)
    {
        if (read.IsNull(i))
        {
            nulls++;
            nullRows.Add(label, half);
            return;
        }

        values++;
        tally.Add(read, i, label, half);
        if (read.Kind is ValueKind.Text or ValueKind.Time)
            return;
        double x = read.NumberAt(i);
        if (!double.IsFinite(x))
        {
            notFinite++;
            return;
        }

        (least, greatest) = (Math.Min(least, x), Math.Max(greatest, x));
        sum += x;
        scaledSum += x * Scale;
    }

    private void AddBroken(Shard shard, RowGroupRef group, int row, string fault)
    {
        broken++;
        firstBroken ??= $"{shard.Path}: row group {group.Group}, row {group.FirstRow + row}: {fault}";
    }

    private static int Half(ulong hash) => (int)(hash & 1);

    private static double? Largest(double? a, double? b) => a is null || b > a ? b : a;
}

/// <summary>How the lists of a column are read.</summary>
/// <param name="Grammar">Their grammar; null for a column without lists in strings.</param>
/// <param name="Kind">Kind of the entries.</param>
/// <param name="Longest">Number of entries of a list that a model reads at most.</param>
internal readonly record struct ListReading(ListGrammar? Grammar, ValueKind Kind, int Longest);
