using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>Role of a column.</summary>
public enum FeatureRole
{
    /// <summary>The label.</summary>
    Label,

    /// <summary>The weight of the row.</summary>
    Weight,

    /// <summary>The group key.</summary>
    GroupKey,

    /// <summary>One id per row.</summary>
    Categorical,

    /// <summary>A number.</summary>
    Numeric,

    /// <summary>A list of ids that shares the vocabulary of its target.</summary>
    History,

    /// <summary>A list of ids whose vectors are pooled.</summary>
    Pooled,

    /// <summary>A list of equally many numbers in every row, which are read as numbers.</summary>
    Vector,

    /// <summary>A list of items of which the model predicts the next one; the only column that such a model reads.</summary>
    Sequence,

    /// <summary>A list with a negative for each entry of a history; only training reads it.</summary>
    Negative,

    /// <summary>Excluded by the user.</summary>
    Excluded,

    /// <summary>Left out because its type cannot be used.</summary>
    Ignored,
}

/// <summary>A part of a date or timestamp that is a derived field.</summary>
public enum TimePart
{
    /// <summary>Hour of the day, 0 … 23.</summary>
    Hour,

    /// <summary>Day of the week, 0 = Sunday.</summary>
    Weekday,
}

/// <summary>A declared column: its role in a run, given by the user or inferred from its type.</summary>
/// <param name="Name">Its name in the shards.</param>
/// <param name="Kind">Kind as which its values or list elements are read; doubles that are ids are read as integers.</param>
/// <param name="IsList">Whether the shards have a list in each row.</param>
/// <param name="TypeName">The type in the shards, as shown to the user.</param>
/// <param name="Role">Its role.</param>
/// <param name="Note">Reason of the role, in a few words.</param>
public sealed record FeatureColumn(string Name, ValueKind Kind, bool IsList, string TypeName, FeatureRole Role, string Note)
{
    /// <summary>For a history and its negatives, the categorical column whose vocabulary it shares.</summary>
    public string? Target { get; init; }

    /// <summary>For a column of numbers or vectors, its transform.</summary>
    public NumericTransform Transform { get; init; } = NumericTransform.None;

    /// <summary>For a string column with lists, their grammar.</summary>
    public ListGrammar? Grammar { get; init; }

    /// <summary>For a categorical date or timestamp, the part that is this field.</summary>
    public TimePart? Part { get; init; }

    /// <summary>How it is read.</summary>
    public ColumnRequest Request => Grammar is not null ? new(Name, ValueKind.Text)
        : Role == FeatureRole.Vector ? VectorColumn.RequestOf(Name)
        : new(Name, (Role == FeatureRole.Label && Kind != ValueKind.Text) || Role == FeatureRole.Weight || (Role == FeatureRole.Numeric && Kind != ValueKind.Time) ? null : Kind, IsList);

    /// <summary>The role as shown to the user.</summary>
    internal string RoleName => Role == FeatureRole.GroupKey ? "group" : Role.ToString().ToLowerInvariant();

    /// <summary>How its values become keys of a vocabulary; null for a list, or a column without a vocabulary.</summary>
    internal KeyRule? KeyRule => (Role, Transform, Kind) switch
    {
        (FeatureRole.Categorical, _, ValueKind.Time) => Part == TimePart.Hour ? Features.KeyRule.Hour : Features.KeyRule.Weekday,
        (FeatureRole.Categorical, _, ValueKind.Real) => Features.KeyRule.RealId,
        (FeatureRole.Categorical, _, _) => Features.KeyRule.Value,
        (FeatureRole.Numeric, NumericTransform.Criteo, _) => Features.KeyRule.Criteo,
        (FeatureRole.Numeric, NumericTransform.Quantile, _) => Features.KeyRule.Quantile,
        _ => null,
    };

    /// <summary>A stored column in a role.</summary>
    internal static FeatureColumn Of(StoredColumn stored, FeatureRole role, string note) => new(stored.Name, stored.Kind, stored.IsList, stored.TypeName, role, note);
}
