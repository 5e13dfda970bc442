using System.Text.Json.Serialization;
using GpuCtr.Kernels.Devices;

namespace GpuCtr.Models.Features;

/// <content>Columns whose embeddings are wider than those of others.</content>
public sealed partial record FeatureSpec
{
    /// <summary>For each vocabulary, how many vectors of width D its ids have, side by side; null: one each.</summary>
    /// <remarks>Follows from the model's options, so it is not saved with the columns.</remarks>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<int>? VectorsOfId { get; init; }

    /// <summary>
    /// The columns as the ops of a model read them, each with vectors of the same width: a column whose ids have k vectors is k columns of the same ids.
    /// The first vector takes the position of the column; the others refer to it and follow after all columns, as their vocabularies follow after all vocabularies.
    /// </summary>
    public FeatureSpec ByVector()
    {
        if (VectorsOfId is null)
            return this;
        List<Vocabulary> vocabularies = [.. Vocabularies];
        List<CategoricalField> fields = [.. Categorical];
        List<SequenceField> lists = [.. Sequences];
        for (int v = 0; v < Vocabularies.Count; v++)
            for (int k = 1; k < VectorsOfId[v]; k++)
                AddVector(v, name => $"{name}, vector {k + 1}", vocabularies, fields, lists);
        return this with { Vocabularies = vocabularies, Categorical = fields, Sequences = lists, VectorsOfId = null };
    }

    /// <summary>The table row of id 0 in each vector of a vocabulary of this spec.</summary>
    public IReadOnlyList<int> FirstRows(int vocabulary)
    {
        FeatureSpec vectors = ByVector();
        int[] offsets = vectors.Offsets();
        return [.. vectors.VectorsOf(vocabulary).Select(v => offsets[v])];
    }

    /// <summary>Numbers by table row, of the rows of each vocabulary and again of its further vectors.</summary>
    /// <param name="values">By row of the columns' vocabularies.</param>
    internal IReadOnlyList<long> CountsByVector(IReadOnlyList<long> values)
    {
        int[] offsets = Offsets();
        return VectorsOfId is null ? values : [.. values, .. ByVector().Vocabularies.Where(v => v.Of >= 0).SelectMany(v => values.Skip(offsets[v.Of]).Take(v.Rows))];
    }

    /// <summary>For each vocabulary, the vectors of its ids if some columns are wider.</summary>
    /// <param name="widths">COL=N: the width of a column and of those that share its vocabulary.</param>
    /// <param name="width">D, of all others.</param>
    /// <exception cref="KernelException">There is no such column, or it is given two widths.</exception>
    internal FeatureSpec WithWidths(IReadOnlyList<ColumnWidth> widths, int width)
    {
        if (widths.Count == 0)
            return this;
        Dictionary<int, ColumnWidth> byVocabulary = [];
        foreach (ColumnWidth w in widths)
        {
            int v = VocabularyOf("column-dim", w.Column);
            if (byVocabulary.TryGetValue(v, out ColumnWidth? other) && other.Width != w.Width)
                throw new KernelException($"--column-dim {w}: {other.Column} has the same ids, and thus the same vectors, of {other.Width} numbers; give one width");
            byVocabulary[v] = w;
        }
        return this with { VectorsOfId = [.. Vocabularies.Select((_, v) => byVocabulary.TryGetValue(v, out ColumnWidth? w) ? w.Width / width : 1)] };
    }

    /// <summary>A vocabulary, followed by those of its further vectors.</summary>
    private IEnumerable<int> VectorsOf(int vocabulary) => Enumerable.Range(0, Vocabularies.Count).Where(v => v == vocabulary || Vocabularies[v].Of == vocabulary);

    private static void AddVector(int of, Func<string, string> nameOf, List<Vocabulary> vocabularies, List<CategoricalField> fields, List<SequenceField> lists)
    {
        int vocabulary = vocabularies.Count, columns = fields.Count, sequences = lists.Count;
        vocabularies.Add(vocabularies[of] with { Name = nameOf(vocabularies[of].Name), Of = of });
        for (int f = 0; f < columns; f++)
            if (fields[f].Vocabulary == of)
                fields.Add(new(nameOf(fields[f].Name), vocabulary) { Of = f });
        // A history has the vocabulary of its target, so that each of its vectors is one of a vector of the target.
        for (int s = 0; s < sequences; s++)
            if (lists[s].Vocabulary == of)
                lists.Add(lists[s] with { Name = nameOf(lists[s].Name), Vocabulary = vocabulary, Of = s, Target = lists[s].Target < 0 ? -1 : fields.FindIndex(columns, f => f.Of == lists[s].Target) });
    }
}
