using GpuCtr.Data.Features;

namespace GpuCtr;

/// <summary>Type of the values of a column.</summary>
public enum ColumnValues
{
    /// <summary>Integers and booleans.</summary>
    Integers,

    /// <summary>Real numbers.</summary>
    Numbers,

    /// <summary>Strings.</summary>
    Strings,

    /// <summary>Dates and times.</summary>
    Times,
}

/// <summary>Use of a column in a model.</summary>
public enum ColumnUse
{
    /// <summary>One id per row.</summary>
    Category,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A list of ids: a history or a multi-valued field.</summary>
    List,

    /// <summary>A vector: a list of a fixed number of numbers.</summary>
    Vector,
}

/// <summary>A column that a model reads.</summary>
/// <param name="Name">Its name, as in the training shards.</param>
/// <param name="Values">Type of its values, or of the entries of its lists.</param>
/// <param name="Use">Its use in the model.</param>
public sealed record ModelColumn(string Name, ColumnValues Values, ColumnUse Use)
{
    internal string Describe() => (Use is ColumnUse.List or ColumnUse.Vector ? "lists of " : "") + Values.ToString().ToLowerInvariant();
}
