using GpuCtr.Data.Features;
using GpuCtr.Models.Features;

namespace GpuCtr.Training.Explanations;

/// <summary>A row, followed by one copy per column in which that column is left out.</summary>
internal static class RowVariations
{
    /// <summary>Upper bound of the rows of a batch that holds a row and all its variations, however the model reads lists.</summary>
    public static int MostRows(FeatureSpec spec) => 1 + spec.F + spec.N + spec.Sequences.Count;

    /// <summary>Fills a batch with 1 + columns rows.</summary>
    /// <param name="row">One row.</param>
    /// <param name="columns">What to leave out.</param>
    /// <param name="to">The batch.</param>
    public static void Fill(Batch row, IReadOnlyList<ColumnGroup> columns, Batch to)
    {
        int f = row.Spec.F, n = row.Spec.N;
        to.Rows = columns.Count + 1;
        for (int b = 0; b < to.Rows; b++)
        {
            row.TableRows[..f].CopyTo(to.TableRows[(b * f)..]);
            row.Numeric[..n].CopyTo(to.Numeric[(b * n)..]);
            ColumnGroup? without = b == 0 ? null : columns[b - 1];
            without?.Blank(to, b);
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
