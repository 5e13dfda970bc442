using GpuCtr.Data.Features;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Training.Explanations;

/// <summary>The logit of a row, and its logit with parts left out. The row is scored alone, or within its list in a model that ranks lists.</summary>
/// <param name="model">The model, whose batches have room for the rows.</param>
/// <param name="rows">The row, or the rows of its list.</param>
/// <param name="at">The place of the row among them.</param>
internal sealed class RowVariations(FrozenModel model, Batch rows, int at) : IDisposable
{
    private readonly Batch varied = new(model.Device, model.Spec, model.BatchSize);

    /// <summary>The batch of the last pass; contains padding if padding takes part.</summary>
    public Batch LastPass => varied;

    /// <summary>The logits of all rows as they are.</summary>
    public float[] Logits() => Predict();

    /// <summary>The logit without a column of the row.</summary>
    public float Without(ColumnGroup column) => Predict(column)[at];

    /// <summary>The logit without another row of the list.</summary>
    public float WithoutRow(int other) => Predict(null, other)[other < at ? at - 1 : at];

    /// <inheritdoc/>
    public void Dispose() => varied.Dispose();

    private float[] Predict(ColumnGroup? without = null, int other = -1)
    {
        varied.Rows = 0;
        varied.Lists?.Clear();
        for (int b = 0; b < rows.Rows; b++)
        {
            if (b != other)
                Append(b, b == at ? without : null);
        }
        varied.Prepare(training: false);
        float[] logits = new float[varied.Rows];
        model.Predict(varied, logits);
        return logits;
    }

    private void Append(int b, ColumnGroup? without)
    {
        int f = rows.Spec.F, n = rows.Spec.N, to = varied.Rows++;
        rows.TableRows.Slice(b * f, f).CopyTo(varied.TableRows[(to * f)..]);
        rows.Numeric.Slice(b * n, n).CopyTo(varied.Numeric[(to * n)..]);
        without?.Blank(varied, to);
        for (int s = 0; s < rows.Sequences.Length; s++)
        {
            (BatchSequence from, BatchSequence list) = (rows.Sequences[s], varied.Sequences[s]);
            ReadOnlySpan<int> entries = without?.Lists.Contains(s) == true ? [] : from.TableRows[from.Offsets[b]..from.Offsets[b + 1]];
            list.Offsets[0] = 0;
            entries.CopyTo(list.TableRows[list.Offsets[to]..]);
            list.Offsets[to + 1] = list.Offsets[to] + entries.Length;
        }
    }
}
