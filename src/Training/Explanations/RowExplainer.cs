using System.Globalization;
using GpuCtr.Data.Features;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Training.Scoring;

namespace GpuCtr.Training.Explanations;

/// <summary>Computes an <see cref="Explanation"/>.</summary>
/// <param name="model">A model for batches of <see cref="RowVariations.MostRows"/>.</param>
/// <param name="encoder">Maps its row numbers back to values.</param>
internal sealed class RowExplainer(FrozenModel model, FeatureEncoder encoder)
{
    private const int NearestCount = 5;

    private readonly IReadOnlyList<ColumnGroup> columns = ColumnGroup.ByField(model.Spec, encoder.State);
    /// <summary>Explains a row.</summary>
    /// <param name="row">A batch of this one row.</param>
    /// <param name="number">Its row number in the shards.</param>
    /// <param name="label">Its label, if it has one.</param>
    /// <param name="nearest">The categorical columns whose most similar values are listed.</param>
    public Explanation Explain(Batch row, long number, double? label, IEnumerable<int> nearest)
    {
        float[] logits = new float[model.BatchSize];
        using Batch variations = new(model.Device, model.Spec, model.BatchSize);
        RowVariations.Fill(row, columns, variations);
        variations.Prepare(training: false);
        model.Predict(variations, logits);
        LinearTerms terms = new(model);
        FieldPart[] fields = [.. columns.Select((c, i) => Part(row, c, i, terms, logits[0] - logits[i + 1]))];
        double known = (terms.Bias ?? 0) + fields.Sum(f => (f.FirstOrder ?? 0) + (f.Fm ?? 0));
        return new Explanation(
            number, model.Options.Model, Probability.Of(logits[0]), logits[0], label, terms.Bias, terms.HasNetwork ? logits[0] - known : null, fields,
            [.. model.Ops.OfType<AttentionPooling>().Select(a => Attention(a, row, variations))],
            terms.Table.Columns == 0 ? [] : [.. nearest.Select(f => Nearest(terms.Table, f, row.IdAt(0, f)))]);
    }

    /// <summary>Columns in the order of their vectors, followed by histories, which have none.</summary>
    private FieldPart Part(Batch row, ColumnGroup c, int i, LinearTerms terms, double effect)
    {
        bool isVector = c.Numbers is [var place, ..] && place >= model.Spec.N - model.Spec.VectorNumbers;
        string value = c.Fields is [var field] ? Describe(model.Spec.Categorical[field].Vocabulary, row.IdAt(0, field))
            : isVector ? $"vector of {c.Numbers.Length} numbers"
            : c.Numbers is [var number] ? row.Numeric[number].ToString("G4", CultureInfo.InvariantCulture)
            : Entries(row.Sequences[c.Lists[0]]);
        // The terms of a vector's numbers stand one after the other, where all other columns have one.
        int first = c.Numbers.Length > 0 ? model.Spec.F + c.Numbers[0] : i + columns.Take(i).Sum(before => Terms(before) - 1);
        double? Sum(double[]? of) => of is not null && first < of.Length ? of.AsSpan(first, Terms(c)).ToArray().Sum() : null;
        return new FieldPart(c.Name, value, Sum(terms.FirstOrder), Sum(terms.Fm), effect);
    }

    private static int Terms(ColumnGroup c) => Math.Max(1, c.Numbers.Length);

    private static string Entries(BatchSequence list) => list.Offsets[1] == 1 ? "1 entry" : $"{list.Offsets[1]} entries";

    /// <summary>The row is the first of the batch, so its history positions come first.</summary>
    private AttentionPart Attention(AttentionPooling unit, Batch row, Batch variations)
    {
        // Further vectors of a column are no columns.
        int[] bases = unit.History.Bases.ToArray(model.Device), lists = [.. Enumerable.Range(0, model.Spec.Sequences.Count).Where(s => bases.Contains(ModelInputs.SequenceBase(model.Spec, model.BatchSize, s)))];
        float[] weights = new float[variations.Sequences[lists[0]].Offsets[1]];
        unit.Weights.Read(model.Device, weights);
        int entries = row.Sequences[lists[0]].Offsets[1];
        string ValueOf(int list, int position) => Describe(model.Spec.Sequences[list].Vocabulary, row.Sequences[list].IdAt(position));
        return new AttentionPart(
            [.. lists.Select(s => model.Spec.Sequences[s].Name)],
            [.. lists.Select(s => model.Spec.Categorical[model.Spec.Sequences[s].Target]).Select((c, i) => $"{c.Name} {Describe(c.Vocabulary, row.IdAt(0, model.Spec.Sequences[lists[i]].Target))}")],
            [.. Enumerable.Range(0, entries).Select(t => new AttendedEntry(t + 1, [.. lists.Select(s => ValueOf(s, t))], weights[t]))],
            weights.Skip(entries).Sum(w => (double)w));
    }

    private Neighbours Nearest(Tensor table, int field, int id)
    {
        CategoricalField f = model.Spec.Categorical[field];
        VocabularyTable values = encoder.Vocabularies[f.Vocabulary];
        VectorTable vectors = VectorTable.Of(model.Device, model.Spec, table, f.Vocabulary);
        float[] own = new float[vectors.Width], other = new float[vectors.Width];
        vectors.CopyTo(own, id);
        double[] cosines = new double[values.OovRow];
        for (int row = VocabularyTable.FirstValueRow; row < cosines.Length; row++)
        {
            vectors.CopyTo(other, row);
            cosines[row] = Cosine(own, other);
        }

        return new Neighbours(f.Name, Describe(f.Vocabulary, id), [.. Enumerable.Range(VocabularyTable.FirstValueRow, cosines.Length - VocabularyTable.FirstValueRow)
            .Where(row => row != id).OrderByDescending(row => cosines[row]).Take(NearestCount)
            .Select(row => new Neighbour(values.Describe(row), cosines[row]))]);
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double ab = 0, aa = 0, bb = 0;
        for (int i = 0; i < a.Length; i++)
            (ab, aa, bb) = (ab + (double)a[i] * b[i], aa + (double)a[i] * a[i], bb + (double)b[i] * b[i]);
        return aa > 0 && bb > 0 ? ab / Math.Sqrt(aa * bb) : 0;
    }

    private string Describe(int vocabulary, int id) => encoder.Vocabularies[vocabulary].Describe(id);
}
