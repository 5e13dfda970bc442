using System.Globalization;
using GpuCtr.Data.Features;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Training.Scoring;

namespace GpuCtr.Training.Explanations;

/// <summary>Computes an <see cref="Explanation"/>.</summary>
/// <param name="model">A model, with room for the rows that are explained.</param>
/// <param name="encoder">Maps its row numbers back to values.</param>
internal sealed class RowExplainer(FrozenModel model, FeatureEncoder encoder)
{
    private const int NearestCount = 5;

    private readonly IReadOnlyList<ColumnGroup> columns = ColumnGroup.ByField(model.Spec, encoder.State);

    /// <summary>Explains a row.</summary>
    /// <param name="rows">A batch of this one row, or of the list that it belongs to.</param>
    /// <param name="at">Its place in the batch.</param>
    /// <param name="number">Its row number in the shards.</param>
    /// <param name="label">Its label, if it has one.</param>
    /// <param name="nearest">The categorical columns whose most similar values are listed.</param>
    public Explanation Explain(Batch rows, int at, long number, double? label, IEnumerable<int> nearest)
    {
        using RowVariations variations = new(model, rows, at);
        float[] logits = variations.Logits();
        int[] ranks = new int[logits.Length];
        // These values are from the last pass.
        variations.LastPass.Lists?.Rank(logits, ranks);
        LinearTerms terms = new(model, at);
        AttentionPart[] attention = [.. model.Ops.OfType<AttentionPooling>().Select(a => Attention(a, rows, at, variations.LastPass))];
        FieldPart[] fields = [.. columns.Select((c, i) => Part(rows, at, c, i, terms, logits[at] - variations.Without(c)))];
        double known = (terms.Bias ?? 0) + fields.Sum(f => (f.FirstOrder ?? 0) + (f.Fm ?? 0));
        return new Explanation(
            number, model.Options.Model, Probability.Of(logits[at]), logits[at], label, terms.Bias, terms.HasNetwork ? logits[at] - known : null, fields, attention,
            terms.Table.Columns == 0 ? [] : [.. nearest.Select(f => Nearest(terms.Table, f, rows.IdAt(at, f)))],
            rows.Lists is null ? null : new ListPart(at + 1, ranks[at], [.. Enumerable.Range(0, logits.Length).Where(i => i != at).Select(Other)]));

        OtherRow Other(int i) => new(i + 1, Probability.Of(logits[i]), logits[at] - variations.WithoutRow(i));
    }

    /// <summary>Columns in the order of their vectors, followed by histories, which have no field vector.</summary>
    private FieldPart Part(Batch rows, int at, ColumnGroup c, int i, LinearTerms terms, double effect)
    {
        bool isVector = c.Numbers is [var place, ..] && place >= model.Spec.N - model.Spec.VectorNumbers;
        string value = c.Fields is [var field] ? Describe(model.Spec.Categorical[field].Vocabulary, rows.IdAt(at, field))
            : isVector ? $"vector of {c.Numbers.Length} numbers"
            : c.Numbers is [var number] ? rows.Numeric[at * model.Spec.N + number].ToString("G4", CultureInfo.InvariantCulture)
            : Entries(rows.Sequences[c.Lists[0]], at);
        // A vector column has one term per number, all other columns have one.
        int first = c.Numbers.Length > 0 ? model.Spec.F + c.Numbers[0] : i + columns.Take(i).Sum(before => Terms(before) - 1);
        double? Sum(double[]? of) => of is not null && first < of.Length ? of.AsSpan(first, Terms(c)).ToArray().Sum() : null;
        return new FieldPart(c.Name, value, Sum(terms.FirstOrder), Sum(terms.Fm), effect);
    }

    private static int Terms(ColumnGroup c) => Math.Max(1, c.Numbers.Length);

    private static string Entries(BatchSequence list, int at) => (list.Offsets[at + 1] - list.Offsets[at]) is var count and not 1 ? $"{count} entries" : "1 entry";

    /// <summary>The weights of the last pass, where padding may follow the entries.</summary>
    private AttentionPart Attention(AttentionPooling unit, Batch rows, int at, Batch lastPass)
    {
        // Further vectors of a column are not columns.
        int[] bases = unit.History.Bases.ToArray(model.Device), lists = [.. Enumerable.Range(0, model.Spec.Sequences.Count).Where(s => bases.Contains(ModelInputs.SequenceBase(model.Spec, model.BatchSize, s)))];
        Span<int> padded = lastPass.Sequences[lists[0]].Offsets, own = rows.Sequences[lists[0]].Offsets;
        float[] weights = new float[padded[at + 1] - padded[at]];
        unit.Weights.Read(model.Device, weights, padded[at]);
        int first = own[at], entries = own[at + 1] - first;
        string ValueOf(int list, int position) => Describe(model.Spec.Sequences[list].Vocabulary, rows.Sequences[list].IdAt(first + position));
        return new AttentionPart(
            [.. lists.Select(s => model.Spec.Sequences[s].Name)],
            [.. lists.Select(s => model.Spec.Categorical[model.Spec.Sequences[s].Target]).Select((c, i) => $"{c.Name} {Describe(c.Vocabulary, rows.IdAt(at, model.Spec.Sequences[lists[i]].Target))}")],
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
