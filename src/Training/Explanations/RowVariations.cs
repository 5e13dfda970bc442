using GpuCtr.Data.Features;
using GpuCtr.Models.Features;

namespace GpuCtr.Training.Explanations;

/// <summary>A column that can be left out of a row: one field, one number, one vector, one list, or all histories of a behaviour group.</summary>
/// <param name="Name">Its name, or their names.</param>
/// <param name="Field">Index of a categorical column, or −1.</param>
/// <param name="Number">Index of a number, or of the first of a vector, or −1.</param>
/// <param name="Lists">Indices of list columns.</param>
/// <param name="Count">How many numbers a vector has.</param>
internal sealed record Ablation(string Name, int Field, int Number, int[] Lists, int Count = 1)
{
    /// <summary>Upper bound of the rows of a batch that holds a row and all its variations, however the model reads lists.</summary>
    public static int MostRows(FeatureSpec spec) => 1 + spec.F + spec.N + spec.Sequences.Count;

    /// <summary>All columns of a model: categorical, numeric, vectors, pooled lists, histories.</summary>
    public static Ablation[] All(FeatureSpec spec, FittedFeatures state)
    {
        int[] lists = [.. Enumerable.Range(0, spec.Sequences.Count)];
        return
        [
            .. spec.Categorical.Select((c, f) => new Ablation(c.Name, f, -1, [])),
            .. spec.Numeric.SkipLast(spec.VectorNumbers).Select((name, n) => new Ablation(name, -1, n, [])),
            .. state.VectorColumns.Select((v, i) => new Ablation(v.Column, -1, state.VectorPlace(i), [], v.Count())),
            .. lists.Where(s => spec.Sequences[s].Role == SequenceRole.Pooled).Select(s => new Ablation(spec.Sequences[s].Name, -1, -1, [s])),
            .. lists.Where(s => spec.Sequences[s].Role == SequenceRole.History).GroupBy(s => spec.Sequences[s].Group)
                .Select(g => new Ablation(string.Join(", ", g.Select(s => spec.Sequences[s].Name)), -1, -1, [.. g])),
        ];
    }
}

/// <summary>A row, followed by one copy per column in which that column is left out.</summary>
internal static class RowVariations
{
    /// <summary>Fills a batch with 1 + columns rows.</summary>
    /// <param name="row">One row.</param>
    /// <param name="columns">What to leave out.</param>
    /// <param name="to">The batch.</param>
    public static void Fill(Batch row, Ablation[] columns, Batch to)
    {
        int f = row.Spec.F, n = row.Spec.N;
        to.Rows = columns.Length + 1;
        for (int b = 0; b < to.Rows; b++)
        {
            row.TableRows[..f].CopyTo(to.TableRows[(b * f)..]);
            row.Numeric[..n].CopyTo(to.Numeric[(b * n)..]);
            Ablation? without = b == 0 ? null : columns[b - 1];
            // Row 0 of every vocabulary is zero.
            if (without is { Field: >= 0 })
                to.SetId(b, without.Field, 0);
            if (without is { Number: >= 0 })
                to.Numeric.Slice(b * n + without.Number, without.Count).Clear();
            for (int s = 0; s < to.Sequences.Length; s++)
                Append(row.Sequences[s], to.Sequences[s], b, without?.Lists.Contains(s) == true);
        }
    }

    private static void Append(BatchSequence from, BatchSequence to, int b, bool empty)
    {
        ReadOnlySpan<int> entries = empty ? [] : from.TableRows[..from.Offsets[1]];
        to.Offsets[0] = 0;
        entries.CopyTo(to.TableRows[to.Offsets[b]..]);
        to.Offsets[b + 1] = to.Offsets[b] + entries.Length;
    }
}
