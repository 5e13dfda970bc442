namespace GpuCtr.Data.Features;

/// <summary>Names of the fields of a model. A column's name is never changed; a derived field takes a name that no column has.</summary>
/// <param name="Categorical">Names of categorical fields: columns, and parts of times such as created:hour.</param>
/// <param name="Numeric">Names of numbers: columns, and after a column with nulls its indicator, such as price_missing; then those of vectors, such as image[0].</param>
internal sealed record FieldNames(IReadOnlyList<string> Categorical, IReadOnlyList<string> Numeric)
{
    /// <summary>Names of these fields.</summary>
    /// <param name="categorical">Categorical fields.</param>
    /// <param name="numeric">Numeric columns, and whether an indicator follows them.</param>
    /// <param name="vectors">Vector columns.</param>
    /// <param name="others">Names of all other columns.</param>
    public static FieldNames Of(IReadOnlyList<CategoricalColumn> categorical, IReadOnlyList<(string Column, bool Missing)> numeric, IReadOnlyList<VectorColumn> vectors, IEnumerable<string> others) => Of(
        categorical, numeric, vectors, new UniqueNames([.. categorical.Select(c => c.Column), .. numeric.Select(n => n.Column), .. vectors.Select(v => v.Column), .. others]).Of);

    /// <summary>Names as in earlier versions, where a derived name may equal a column's name.</summary>
    public static FieldNames Simple(FittedFeatures state) => Of(state.Categorical, [.. state.Numeric.Select(n => (n.Column, n.Missing))], [], name => name);

    private static FieldNames Of(IReadOnlyList<CategoricalColumn> categorical, IReadOnlyList<(string Column, bool Missing)> numeric, IReadOnlyList<VectorColumn> vectors, Func<string, string> derived) => new(
        [.. categorical.Select(c => c.Part is { } part ? derived($"{c.Column}:{part}") : c.Column)],
        [
            .. numeric.SelectMany<(string Column, bool Missing), string>(n => n.Missing ? [n.Column, derived($"{n.Column}_missing")] : [n.Column]),
            .. vectors.SelectMany(v => Enumerable.Range(0, v.Count()).Select(i => derived(i < v.Means.Length ? VectorColumn.NumberName(v.Column, i) : $"{v.Column}_missing"))),
        ]);
}

/// <summary>Unique names: a name that is taken gets a number appended.</summary>
/// <param name="taken">Names that are already taken.</param>
internal sealed class UniqueNames(IEnumerable<string> taken)
{
    private readonly HashSet<string> taken = new(taken, StringComparer.Ordinal);

    /// <summary>Takes the name, or the first free one derived from it.</summary>
    public string Of(string name)
    {
        string free = name;
        for (int n = 2; !taken.Add(free); n++)
            free = $"{name}_{n}";
        return free;
    }
}
