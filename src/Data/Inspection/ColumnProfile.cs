namespace GpuCtr.Data.Inspection;

/// <summary>What the values of a column are like.</summary>
/// <param name="Name">Column.</param>
/// <param name="Type">Its type.</param>
/// <param name="Role">What a run would use it for.</param>
/// <param name="Note">Why.</param>
public sealed record ColumnProfile(string Name, string Type, string Role, string Note)
{
    /// <summary>Why it cannot be read; null if it can. Nothing else is known of one that cannot.</summary>
    public string? Trouble { get; init; }

    /// <summary>Rows that are null; of a list, elements that are.</summary>
    public long Nulls { get; init; }

    /// <summary>Values that are not null.</summary>
    public long Values { get; init; }

    /// <summary>Different values; null for a type that cannot be read.</summary>
    public long? Distinct { get; init; }

    /// <summary>Whether <see cref="Distinct"/> is a count and not an estimate.</summary>
    public bool DistinctIsExact { get; init; }

    /// <summary>The most frequent values.</summary>
    public IReadOnlyList<ValueCount> Top { get; init; } = [];

    /// <summary>Least and greatest finite number, and their mean; null for text and lists.</summary>
    public NumberRange? Range { get; init; }

    /// <summary>Values that are NaN or infinite.</summary>
    public long NotFinite { get; init; }

    /// <summary>Rows with a value that is no integer, where other shards store integers, or that they cannot hold; it counts as null.</summary>
    public long Misfits { get; init; }

    /// <summary>Whether the column is one of reals that all are whole and not negative.</summary>
    public bool MayBeIds { get; init; }

    /// <summary>Lengths of the lists; null for a column without lists.</summary>
    public LengthProfile? Lengths { get; init; }

    /// <summary>Rows whose string should hold a list and does not.</summary>
    public long Broken { get; init; }

    /// <summary>The first of them and what is wrong with it; null if there is none.</summary>
    public string? FirstBroken { get; init; }

    /// <summary>AUC of predicting the label from this column alone; null where it cannot be told.</summary>
    public double? LabelAuc { get; init; }
}

/// <summary>Least, mean and greatest.</summary>
public sealed record NumberRange(double Least, double Mean, double Greatest);

/// <summary>Lengths of lists.</summary>
/// <param name="Empty">Rows without an element.</param>
/// <param name="Mean">Mean length.</param>
/// <param name="Median">Half the rows have at most so many.</param>
/// <param name="P90">Nine of ten have.</param>
/// <param name="P99">99 of 100 have.</param>
/// <param name="Longest">Nobody has more.</param>
/// <param name="Limit">The most entries that a model reads, the last ones: --max-history.</param>
/// <param name="CutRows">Rows that have more.</param>
/// <param name="CutEntries">Entries of theirs that are not read.</param>
public sealed record LengthProfile(long Empty, double Mean, int Median, int P90, int P99, int Longest, int Limit, long CutRows, long CutEntries)
{
    /// <summary>The profile of rows by length.</summary>
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
