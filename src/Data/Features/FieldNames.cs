namespace GpuCtr.Data.Features;

/// <summary>Names of the fields of a model. A column's name is never changed; what is derived from a column takes a name that no column has.</summary>
/// <param name="Categorical">Of the categorical fields: columns, and parts of times such as created:hour.</param>
/// <param name="Numeric">Of the numbers: columns, and behind those with nulls an indicator such as price_missing.</param>
internal sealed record FieldNames(IReadOnlyList<string> Categorical, IReadOnlyList<string> Numeric)
{
    /// <summary>Names of these fields.</summary>
    /// <param name="categorical">Categorical fields.</param>
    /// <param name="numeric">Numeric columns, and whether an indicator follows them.</param>
    /// <param name="lists">List columns.</param>
    public static FieldNames Of(IReadOnlyList<CategoricalColumn> categorical, IReadOnlyList<(string Column, bool Missing)> numeric, IEnumerable<SequenceColumn> lists) => Of(
        categorical, numeric, new UniqueNames([.. categorical.Select(c => c.Column), .. numeric.Select(n => n.Column), .. lists.Select(l => l.Column)]).Of);

    /// <summary>Names as earlier versions gave them: a derived name may be a column's as well.</summary>
    public static FieldNames Simple(FittedFeatures state) => Of(state.Categorical, [.. state.Numeric.Select(n => (n.Column, n.Missing))], name => name);

    private static FieldNames Of(IReadOnlyList<CategoricalColumn> categorical, IReadOnlyList<(string Column, bool Missing)> numeric, Func<string, string> derived) => new(
        [.. categorical.Select(c => c.Part is { } part ? derived($"{c.Column}:{part}") : c.Column)],
        [.. numeric.SelectMany<(string Column, bool Missing), string>(n => n.Missing ? [n.Column, derived($"{n.Column}_missing")] : [n.Column])]);
}

/// <summary>Names of which no two are the same: one that is taken gets a number behind it.</summary>
/// <param name="taken">Names that are taken from the beginning.</param>
internal sealed class UniqueNames(IEnumerable<string> taken)
{
    private readonly HashSet<string> taken = new(taken, StringComparer.Ordinal);

    /// <summary>The name, or the first one made of it that is free; taken from now on.</summary>
    public string Of(string name)
    {
        string free = name;
        for (int n = 2; !taken.Add(free); n++)
            free = $"{name}_{n}";
        return free;
    }
}
