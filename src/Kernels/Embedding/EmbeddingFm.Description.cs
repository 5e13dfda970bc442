using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Embedding;

public sealed partial class EmbeddingFm
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Floats(2.0 * pass.Rows * Gathered);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Floats(3.0 * pass.Rows * Gathered);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g)
    {
        int d = Tensors.Table.Columns;
        if (d > 0)
            ExportVectors(g, d);
        if (Tensors.FirstOrder is not null)
            g[Tensors.FirstOrder] = FirstOrder(g);
    }

    /// <summary>Numbers per example that this op reads of tables, vectors and first-order weights; lists are pooled by earlier ops.</summary>
    private int Gathered => Tensors.Vectors.Columns - (Tensors.Pooled?.Columns ?? 0) + (Tensors.RowWeights?.Columns ?? 0) - (Tensors.PooledWeights?.Columns ?? 0);

    /// <summary>e (B, C, D) = [W[rows], x V, pooled], and the factorization machine over it.</summary>
    private void ExportVectors(IOnnxGraph g, int d)
    {
        EmbeddingFmTensors t = Tensors;
        List<string> all = [], inFm = [];
        if (g.FieldRows is { } rows)
            all.Add(g.Node("Gather", g.Weight(t.Table), rows));
        inFm.AddRange(all);
        if (t.NumericVectors.Length > 0)
        {
            // First-order weights are one row of N.
            string v = t.NumericVectors.Columns == d ? g.Weight(t.NumericVectors) : g.Node("Transpose", g.Weight(t.NumericVectors));
            all.Add(g.Node("Mul", g.Node("Unsqueeze", g[t.Numeric], g.Integers(2)), v));
            if (t.NumericInFm)
                inFm.Add(all[^1]);
        }
        if (t.Pooled is { Columns: > 0 })
        {
            all.Add(g.Vectors(t.Pooled, d));
            inFm.Add(all[^1]);
        }
        g[t.Vectors] = g.Node("Reshape", g.Concat(1, all), g.Integers(0, t.Vectors.Columns));
        if (t.Fm is { IsConsumed: true })
            g[t.Fm] = g.Sum(g.Pairs(g.Concat(1, inFm)), 1, keep: true);
    }

    private string FirstOrder(IOnnxGraph g)
    {
        EmbeddingFmTensors t = Tensors;
        List<string> terms = [];
        if (g.FieldRows is { } rows)
            terms.Add(g.Sum(g.Node("Gather", g.Weight(t.Weights!), rows), 1));
        if (t.NumericWeights is { Length: > 0 } u && t.Numeric.Columns > 0)
            terms.Add(g.Node("MatMul", g[t.Numeric], g.Node("Transpose", g.Weight(u))));
        if (t.PooledWeights is { Columns: > 0 })
            terms.Add(g.Sum(g[t.PooledWeights], 1, keep: true));
        return g.Node("Add", terms is [string only] ? only : g.Node("Sum", [.. terms]), g.Weight(t.Bias!));
    }
}
