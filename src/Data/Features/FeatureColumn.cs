using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>What a column is used for.</summary>
public enum FeatureRole
{
    /// <summary>0 or 1, what is predicted.</summary>
    Label,

    /// <summary>Whose gAUC a row counts in.</summary>
    GaucKey,

    /// <summary>One id per row.</summary>
    Categorical,

    /// <summary>A number.</summary>
    Numeric,

    /// <summary>A list of ids that shares the vocabulary of its target.</summary>
    History,

    /// <summary>A list of ids whose vectors are pooled.</summary>
    Pooled,

    /// <summary>Left out because the user said so.</summary>
    Excluded,

    /// <summary>Left out because its type cannot be used.</summary>
    Ignored,
}

/// <summary>A part of a date or timestamp that is a field of its own.</summary>
public enum TimePart
{
    /// <summary>Hour of the day, 0 … 23.</summary>
    Hour,

    /// <summary>Day of the week, 0 = Sunday.</summary>
    Weekday,
}

/// <summary>A column as declared: what a run uses it for, as the user said or as its type suggests.</summary>
/// <param name="Name">Its name in the shards.</param>
/// <param name="Kind">What its values are read as, or the elements of its lists; of doubles that are ids, integers.</param>
/// <param name="IsList">Whether the shards have a list of them in each row.</param>
/// <param name="TypeName">The type that the shards have, as shown to the user.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Note">Why, in a few words.</param>
public sealed record FeatureColumn(string Name, ValueKind Kind, bool IsList, string TypeName, FeatureRole Role, string Note)
{
    /// <summary>For a history, the categorical column that it shares its vocabulary with.</summary>
    public string? Target { get; init; }

    /// <summary>For a numeric column, its transform.</summary>
    public NumericTransform Transform { get; init; } = NumericTransform.None;

    /// <summary>For a string column that holds lists, how they are written.</summary>
    public ListGrammar? Grammar { get; init; }

    /// <summary>For a date or timestamp that is categorical, which part of it this field is.</summary>
    public TimePart? Part { get; init; }

    /// <summary>How it is read.</summary>
    public ColumnRequest Request => Grammar is not null ? new(Name, ValueKind.Text)
        : new(Name, Role is FeatureRole.Label or FeatureRole.Numeric && Kind != ValueKind.Time ? null : Kind, IsList);

    /// <summary>The role as shown to the user.</summary>
    internal string RoleName => Role == FeatureRole.GaucKey ? "group" : Role.ToString().ToLowerInvariant();

    /// <summary>How its values become keys of a vocabulary; null for a column that fills none, or a list.</summary>
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
