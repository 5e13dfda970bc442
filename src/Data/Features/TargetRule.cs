using System.Globalization;
using System.Text.Json.Serialization;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>What a row is trained for.</summary>
/// <param name="Label">0, 1, or a share in between.</param>
/// <param name="Weight">The weight of the row in the loss and in metrics; a row of weight 0 does not count.</param>
internal readonly record struct RowTarget(float Label, float Weight);

/// <summary>How the label and the weight of a row are read, defined only here. Saved in features.json, so that every verb reads the same labels.</summary>
/// <param name="IsText">The label column holds words.</param>
/// <param name="Positive">Conditions of which one makes the label 1; empty: what <paramref name="Negative"/> leaves.</param>
/// <param name="Negative">Conditions of which any makes the label 0; empty: everything that does not match <paramref name="Positive"/>. A row that matches neither does not count. Without any conditions, the label is stored as 0 or 1.</param>
/// <param name="Soft">Labels are shares from 0 to 1.</param>
/// <param name="Weight">The column of weights; null: all are 1.</param>
internal sealed record TargetRule(bool IsText, IReadOnlyList<string> Positive, IReadOnlyList<string> Negative, bool Soft, string? Weight)
{
    /// <summary>0 and 1, without weights.</summary>
    public static readonly TargetRule Plain = new(false, [], [], false, null);

    private readonly LabelTest[] positive = [.. Positive.Select(LabelTest.Of)], negative = [.. Negative.Select(LabelTest.Of)];

    /// <summary>Whether it is <see cref="Plain"/>.</summary>
    [JsonIgnore]
    public bool IsPlain => !IsText && !HasTests && !Soft && Weight is null;

    /// <summary>Whether rows may have another weight than 1.</summary>
    [JsonIgnore]
    public bool HasWeights => Weight is not null || (positive.Length > 0 && negative.Length > 0);

    private bool HasTests => positive.Length + negative.Length > 0;

    /// <summary>The rule of a plan.</summary>
    public static TargetRule Of(FeaturePlan plan) => new(
        plan.Label?.Kind == ValueKind.Text, plan.Options.Positive, plan.Options.Negative, plan.Options.SoftLabels, plan.Options.Weight);

    /// <summary>How the label column is read.</summary>
    public ColumnRequest LabelRequest(string label) => new(label, IsText ? ValueKind.Text : null);

    /// <summary>How the columns of label and weight are read.</summary>
    public IEnumerable<ColumnRequest> Requests(string label) => Weight is null ? [LabelRequest(label)] : [LabelRequest(label), new(Weight, null)];

    /// <summary>Whether a stored column can be the label.</summary>
    public bool Takes(StoredColumn? column) => column is { IsList: false } && (IsText ? column.Kind == ValueKind.Text : ColumnRequest.IsNumber(column.AsNumber.Kind));

    /// <summary>Reads a label; false if it has none. The weight is 1, or 0 if it is neither positive nor negative.</summary>
    public bool TryRead(ColumnBuffer labels, int row, out RowTarget target)
    {
        target = default;
        if (labels.IsNull(row))
            return false;
        double number = IsText ? 0 : labels.NumberAt(row);
        if (!HasTests)
        {
            target = new((float)number, 1);
            return Soft ? number is >= 0 and <= 1 : number is 0 or 1;
        }

        if (double.IsNaN(number))
            return false;
        (bool isPositive, bool isNegative) = (Holds(positive, labels, row, number), Holds(negative, labels, row, number));
        if (isPositive && isNegative)
            return false;
        target = negative.Length == 0 ? new(isPositive ? 1 : 0, 1) : positive.Length == 0 ? new(isNegative ? 0 : 1, 1)
            : new(isPositive ? 1 : 0, isPositive || isNegative ? 1 : 0);
        return true;
    }

    /// <summary>What a bad label is, for messages.</summary>
    [JsonIgnore]
    public string Fault => Soft ? "not a share from 0 to 1" : HasTests ? "without a label, or fits --positive and --negative both" : "neither 0 nor 1";

    private bool Holds(LabelTest[] tests, ColumnBuffer labels, int row, double number)
    {
        foreach (LabelTest test in tests)
        {
            if (IsText ? test.Holds(labels.Texts[row].Span) : test.Holds(number))
                return true;
        }

        return false;
    }

    /// <summary>A value of the label column, for messages.</summary>
    public static string Text(ColumnBuffer labels, int row) => labels.IsNull(row) ? "null"
        : labels.Kind == ValueKind.Text ? $"'{labels.Texts[row]}'" : labels.NumberAt(row).ToString(CultureInfo.InvariantCulture);
}
