using GpuCtr.Models.Features;

namespace GpuCtr.Data.Features;

/// <summary>Inputs of a model that belong together: they are explained, permuted or left out as one.</summary>
/// <param name="Name">The column of the shards that they are derived from, or the names of several.</param>
/// <param name="Fields">Indices of categorical fields.</param>
/// <param name="Numbers">Indices among the N numbers of a row.</param>
/// <param name="Lists">Indices of list columns.</param>
internal sealed record ColumnGroup(string Name, int[] Fields, int[] Numbers, int[] Lists)
{
    /// <summary>The columns of the shards: all parts of a timestamp, a number with its indicator of missing values, a vector with its numbers, and the histories of one behaviour group are one.</summary>
    /// <param name="spec">The fields.</param>
    /// <param name="state">Which columns they come from.</param>
    public static IReadOnlyList<ColumnGroup> BySource(FeatureSpec spec, FittedFeatures state)
    {
        int[] places = state.NumberPlaces();
        ColumnGroup[] parts =
        [
            .. state.Categorical.Select((c, f) => new ColumnGroup(c.Column, [f], [], [])),
            .. state.Numeric.Select((n, i) => new ColumnGroup(n.Column, [], n.Missing ? [places[i], places[i] + 1] : [places[i]], [])),
            .. VectorsAndLists(spec, state),
        ];
        return [.. parts.GroupBy(p => p.Name, StringComparer.Ordinal).Select(same => Together(same.Key, same))];
    }

    /// <summary>The fields of a model: as <see cref="BySource"/>, but each part of a timestamp and each indicator separately.</summary>
    /// <param name="spec">The fields.</param>
    /// <param name="state">Which columns they come from.</param>
    public static IReadOnlyList<ColumnGroup> ByField(FeatureSpec spec, FittedFeatures state) =>
    [
        .. spec.Categorical.Select((c, f) => new ColumnGroup(c.Name, [f], [], [])),
        .. spec.Numeric.SkipLast(spec.VectorNumbers).Select((name, n) => new ColumnGroup(name, [], [n], [])),
        .. VectorsAndLists(spec, state),
    ];

    /// <summary>Several groups as one.</summary>
    public static ColumnGroup Together(string name, IEnumerable<ColumnGroup> groups) =>
        new(name, [.. groups.SelectMany(g => g.Fields)], [.. groups.SelectMany(g => g.Numbers)], [.. groups.SelectMany(g => g.Lists)]);

    /// <summary>Whether a list is one of the group, or has the negatives of one.</summary>
    public bool Has(FeatureSpec spec, int list) => Lists.Contains(list) ||
        (spec.Sequences[list] is { Role: SequenceRole.Negative } negatives && Lists.Any(l => spec.Sequences[l] is { Role: SequenceRole.History } history && history.Group == negatives.Group));

    /// <summary>Leaves the fields and numbers of the group out of a row: ids become padding, whose vector is zero, and numbers 0.</summary>
    public void Blank(Batch batch, int b)
    {
        foreach (int f in Fields)
            batch.SetId(b, f, 0);
        foreach (int n in Numbers)
            batch.Numeric[b * batch.Spec.N + n] = 0;
    }

    private static IEnumerable<ColumnGroup> VectorsAndLists(FeatureSpec spec, FittedFeatures state)
    {
        int[] lists = [.. Enumerable.Range(0, spec.Sequences.Count)];
        return
        [
            .. state.VectorColumns.Select((v, i) => new ColumnGroup(v.Column, [], [.. Enumerable.Range(state.VectorPlace(i), v.Count())], [])),
            .. lists.Where(s => spec.Sequences[s].Role == SequenceRole.Pooled).Select(s => new ColumnGroup(spec.Sequences[s].Name, [], [], [s])),
            .. lists.Where(s => spec.Sequences[s].Role == SequenceRole.History).GroupBy(s => spec.Sequences[s].Group)
                .Select(g => new ColumnGroup(string.Join(", ", g.Select(s => spec.Sequences[s].Name)), [], [], [.. g])),
        ];
    }
}
