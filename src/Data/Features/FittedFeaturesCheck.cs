using GpuCtr.Data.Shards;
using GpuCtr.Models;

namespace GpuCtr.Data.Features;

/// <summary>Validates features.json before anything is built from it.</summary>
internal static class FittedFeaturesCheck
{
    // Padding, null and OOV.
    private const int OwnRows = 3;

    /// <summary>Description of the first invalid entry; null if all are valid.</summary>
    public static string? FaultOf(FittedFeatures s)
    {
        if (s.Categorical.Contains(null!) || s.Numeric.Contains(null!) || s.Sequences.Contains(null!) || s.Vocabularies.Contains(null!) || s.VectorColumns.Contains(null!))
            return "a column or vocabulary is null";
        if (s.TrainRows < 0 || s.Positives < 0 || s.Positives > s.TrainRows)
            return $"{s.Positives} positives of {s.TrainRows} training rows are impossible";
        if (s.Target is { } target && !(target.Rule is not null && target.Weight > 0 && double.IsFinite(target.Weight) && target.Label >= 0 && target.Label <= target.Weight))
            return "the sums of weights and labels are impossible";
        return s.Vocabularies.Select(Fault).FirstOrDefault(f => f is not null)
            ?? (s.Vocabularies.Sum(v => (long)v.Rows) > int.MaxValue ? "its vocabularies have more rows than a table can hold" : null)
            ?? s.Categorical.Select(c => Fault(c, s)).FirstOrDefault(f => f is not null)
            ?? s.Numeric.Select(Fault).FirstOrDefault(f => f is not null)
            ?? s.VectorColumns.Select(Fault).FirstOrDefault(f => f is not null)
            ?? s.Sequences.Select(q => Fault(q, s)).FirstOrDefault(f => f is not null)
            ?? s.Negatives?.Select(q => q is null ? "a column or vocabulary is null" : Fault(q, s)).FirstOrDefault(f => f is not null)
            ?? FaultOfNegatives(s)
            ?? FaultOfSequence(s)
            ?? Twice(s);
    }

    private static string? FaultOfSequence(FittedFeatures s) => s.PredictsItems != s.Label is null
        ? "either a label or the items of a sequence are predicted"
        : s.PredictsItems && (s.Categorical.Count, s.Numeric.Count + s.VectorColumns.Count, s.Sequences.Count, s.Vocabularies.Count) != (0, 0, 1, 1) ? "a sequence whose items are predicted must be the only column" : null;

    private static string? FaultOfNegatives(FittedFeatures s)
    {
        SequenceColumn[] histories = [.. s.Sequences.Where(q => q.Target >= 0)];
        if (s.Negatives is { } negatives && !negatives.Select(n => (n.Target, n.MaxLength)).SequenceEqual(histories.Select(h => (h.Target, h.MaxLength))))
            return "negatives and histories do not belong together";
        bool IsOfHistory(int vocabulary) => histories.Any(h => h.Vocabulary == vocabulary);
        return s.Attributes?.FirstOrDefault(a => a is null || !IsOfHistory(a.Item) || !IsOfHistory(a.Attribute)) is { } wrong ? $"'{wrong.File}' belongs to vocabularies without a history" : null;
    }

    private static string? Fault(StoredVocabulary v) => v.Rows < OwnRows ? $"vocabulary '{v.Name}' has {v.Rows} rows, at least {OwnRows} are needed"
        : v.Buckets < 0 || v.Nulls < 0 || v.Oov < 0 ? $"vocabulary '{v.Name}' has a negative count"
        : v.Kind is ValueKind.Text || WholeNumber.Is(v.Kind) ? null
        : $"vocabulary '{v.Name}' has values of an impossible kind";

    private static string? Fault(CategoricalColumn c, FittedFeatures s)
    {
        if ((uint)c.Vocabulary >= (uint)s.Vocabularies.Count)
            return $"column '{c.Column}' points at vocabulary {c.Vocabulary} of {s.Vocabularies.Count}";
        bool text = s.Vocabularies[c.Vocabulary].Kind == ValueKind.Text;
        if (text != (c.Kind == ValueKind.Text) || c.Kind == ValueKind.Unsupported)
            return $"column '{c.Column}' and its vocabulary have different kinds";
        bool fits = c.Rule switch
        {
            KeyRule.Value => c.Kind == ValueKind.Text || WholeNumber.Is(c.Kind),
            KeyRule.Hour or KeyRule.Weekday => c.Kind == ValueKind.Time,
            _ => c.Kind != ValueKind.Text,
        };
        if (!fits)
            return $"column '{c.Column}' has a kind that its rule cannot read";
        return c.Boundaries.All(double.IsFinite) && c.Boundaries.Zip(c.Boundaries.Skip(1)).All(p => p.First < p.Second) ? null : $"the boundaries of column '{c.Column}' do not increase";
    }

    private static string? Fault(NumericColumn n) => double.IsFinite(n.Mean) && double.IsFinite(n.Deviation) && n.Deviation > 0 && double.IsFinite(1 / n.Deviation)
        ? null
        : $"mean {n.Mean} and deviation {n.Deviation} of column '{n.Column}' are impossible";

    private static string? Fault(VectorColumn v) => v.Means.Length == 0 || v.Means.Length != v.Deviations.Length || v.Transform is NumericTransform.Criteo or NumericTransform.Quantile
        ? $"the {v.Means.Length} means and {v.Deviations.Length} deviations of column '{v.Column}' are impossible"
        : Enumerable.Range(0, v.Means.Length).Select(i => Fault(v.Number(i))).FirstOrDefault(f => f is not null);

    private static string? Fault(SequenceColumn q, FittedFeatures s)
    {
        if ((uint)q.Vocabulary >= (uint)s.Vocabularies.Count || q.Target < -1 || q.Target >= s.Categorical.Count)
            return $"column '{q.Column}' points at a vocabulary or target that does not exist";
        if (q.MaxLength is < 1 or > FeatureOptions.LongestHistory)
            return $"max_length {q.MaxLength} of column '{q.Column}' is not from 1 to {FeatureOptions.LongestHistory}";
        if (q.Kind != ValueKind.Text && !WholeNumber.Is(q.Kind) || !Enum.IsDefined(q.Form))
            return $"column '{q.Column}' has a kind that lists cannot have";
        if (q.Separator is null && (q.Kind == ValueKind.Text) != (s.Vocabularies[q.Vocabulary].Kind == ValueKind.Text))
            return $"column '{q.Column}' and its vocabulary have different kinds";
        if (q.Target >= 0 && s.Categorical[q.Target].Vocabulary != q.Vocabulary)
            return $"column '{q.Column}' has another vocabulary than its target";
        return q.Target >= 0 && s.Sequences.Any(other => other.Target >= 0 && other.MaxLength != q.MaxLength) ? "histories of one group must have the same max_length" : null;
    }

    private static string? Twice(FittedFeatures s) => Columns(s.Categorical).Concat(s.NumberColumns).Concat(s.Lists(training: true).Select(q => q.Column))
        .GroupBy(c => c).FirstOrDefault(g => g.Count() > 1) is { } twice ? $"column '{twice.Key}' occurs twice" : null;

    /// <summary>Checks that the derived fields of a time are consecutive and have one column.</summary>
    private static IEnumerable<string> Columns(IReadOnlyList<CategoricalColumn> fields) => fields
        .Where((c, i) => i == 0 || c.Part is null || c.Column != fields[i - 1].Column || c.Part == fields[i - 1].Part).Select(c => c.Column);
}
