namespace GpuCtr.Data.Inspection;

/// <summary>Statistics of a column.</summary>
/// <param name="Name">Column.</param>
/// <param name="Type">Its type.</param>
/// <param name="Role">Its role in a training run.</param>
/// <param name="Note">Reason of the role.</param>
public sealed record ColumnProfile(string Name, string Type, string Role, string Note)
{
    /// <summary>The error if it cannot be read, in which case nothing else is known; else null.</summary>
    public string? Trouble { get; init; }

    /// <summary>Number of nulls: rows, or elements of lists.</summary>
    public long Nulls { get; init; }

    /// <summary>Values that are not null.</summary>
    public long Values { get; init; }

    /// <summary>Number of distinct values; null for a type that cannot be read.</summary>
    public long? Distinct { get; init; }

    /// <summary>Whether <see cref="Distinct"/> is exact, not an estimate.</summary>
    public bool DistinctIsExact { get; init; }

    /// <summary>The most frequent values.</summary>
    public IReadOnlyList<ValueCount> Top { get; init; } = [];

    /// <summary>Least and greatest finite number, and their mean; null for text and lists.</summary>
    public NumberRange? Range { get; init; }

    /// <summary>Values that are NaN or infinite.</summary>
    public long NotFinite { get; init; }

    /// <summary>Rows whose value is not an integer although other shards store integers, or does not fit; it counts as null.</summary>
    public long Misfits { get; init; }

    /// <summary>Whether the column has reals that are all whole and not negative.</summary>
    public bool MayBeIds { get; init; }

    /// <summary>Lengths of the lists; null for a column without lists.</summary>
    public LengthProfile? Lengths { get; init; }

    /// <summary>Rows whose string should be a list and is not.</summary>
    public long Broken { get; init; }

    /// <summary>Description of the first of them; null if there is none.</summary>
    public string? FirstBroken { get; init; }

    /// <summary>AUC of predicting the label from this column alone; null if it cannot be computed.</summary>
    public double? LabelAuc { get; init; }
}

/// <summary>Least, mean and greatest.</summary>
public sealed record NumberRange(double Least, double Mean, double Greatest);

/// <summary>Lengths of lists.</summary>
/// <param name="Empty">Rows without an element.</param>
/// <param name="Mean">Mean length.</param>
/// <param name="Median">Median length.</param>
/// <param name="P90">90th percentile.</param>
/// <param name="P99">99th percentile.</param>
/// <param name="Longest">Greatest length.</param>
/// <param name="Limit">Number of last entries that a model reads: --max-history.</param>
/// <param name="CutRows">Rows with more entries than that.</param>
/// <param name="CutEntries">Entries of these rows that are not read.</param>
public sealed record LengthProfile(long Empty, double Mean, int Median, int P90, int P99, int Longest, int Limit, long CutRows, long CutEntries)
{
    /// <summary>The profile from the number of rows by length.</summary>
    internal static LengthProfile Of(IReadOnlyDictionary<int, long> rowsByLength, int limit)
    {
        long rows = rowsByLength.Values.Sum();
        (int Length, long Rows)[] sorted = [.. rowsByLength.OrderBy(l => l.Key).Select(l => (l.Key, l.Value))];
        int At(double share)
        {
            long seen = 0;
            return sorted.First(l => (seen += l.Rows) >= share * rows).Length;
        }

        (int Length, long Rows)[] cut = [.. sorted.Where(l => l.Length > limit)];
        return rows == 0
            ? new LengthProfile(0, 0, 0, 0, 0, 0, limit, 0, 0)
            : new LengthProfile(
                rowsByLength.GetValueOrDefault(0), sorted.Sum(l => (double)l.Length * l.Rows) / rows, At(0.5), At(0.9), At(0.99), sorted[^1].Length,
                limit, cut.Sum(l => l.Rows), cut.Sum(l => (l.Length - limit) * l.Rows));
    }
}
