using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;

namespace GpuCtr.Training.Export;

internal sealed partial class OnnxTranslator
{
    private void Translate(FieldEmbeddingTensors t)
    {
        int d = t.Table.Columns;
        if (d > 0)
            TranslateVectors(t, d);
        if (t.FirstOrder is not null)
            values[t.FirstOrder] = FirstOrder(t);
    }

    /// <summary>e (B, C, D) = [W[rows], x V, pooled], and the factorization machine over it.</summary>
    private void TranslateVectors(FieldEmbeddingTensors t, int d)
    {
        List<string> all = [], inFm = [];
        if (inputs.Rows is not null)
            all.Add(g.Node("Gather", Weight(t.Table), inputs.Rows));
        inFm.AddRange(all);
        if (t.NumericVectors.Length > 0)
        {
            // First-order weights are one row of N.
            string v = t.NumericVectors.Columns == d ? Weight(t.NumericVectors) : g.Node("Transpose", Weight(t.NumericVectors));
            all.Add(g.Node("Mul", g.Node("Unsqueeze", Value(t.Numeric), g.Integers(2)), v));
            if (t.NumericInFm)
                inFm.Add(all[^1]);
        }
        if (t.Pooled is { Columns: > 0 })
        {
            all.Add(Vectors(t.Pooled, d));
            inFm.Add(all[^1]);
        }
        values[t.Vectors] = g.Node("Reshape", Joined(all), g.Integers(0, t.Vectors.Columns));
        if (t.Fm is { IsConsumed: true })
            values[t.Fm] = g.Node("ReduceSum", [("keepdims", 1)], Pairs(Joined(inFm)), g.Integers(1));
    }

    private string Joined(List<string> vectors) => vectors is [string only] ? only : g.Node("Concat", [("axis", 1)], [.. vectors]);

    /// <summary>(B, D) ½ ((Σ_c e)² − Σ_c e²) of (B, C, D).</summary>
    private string Pairs(string e)
    {
        string sum = SumOver(1, e), squares = SumOver(1, g.Node("Mul", e, e));
        return g.Node("Mul", g.Node("Sub", g.Node("Mul", sum, sum), squares), g.Number(0.5f));
    }

    private string FirstOrder(FieldEmbeddingTensors t)
    {
        List<string> terms = [];
        if (inputs.Rows is not null)
            terms.Add(SumOver(1, g.Node("Gather", Weight(t.Weights!), inputs.Rows)));
        if (t.NumericWeights is { Length: > 0 } u && t.Numeric.Columns > 0)
            terms.Add(g.Node("MatMul", Value(t.Numeric), g.Node("Transpose", Weight(u))));
        if (t.PooledWeights is { Columns: > 0 })
            terms.Add(g.Node("ReduceSum", [("keepdims", 1)], Value(t.PooledWeights), g.Integers(1)));
        return g.Node("Add", terms is [string only] ? only : g.Node("Sum", [.. terms]), Weight(t.Bias!));
    }

    private void Translate(FieldBias b) =>
        values[b.Output] = g.Node("Gather", Weight(b.Weights), g.Node("Gather", [("axis", 1)], inputs.Rows!, g.Integer(b.Field)));

    /// <summary>One part of y: several lists fill it, side by side.</summary>
    private void Translate(SequencePooling p)
    {
        int sequence = SequenceAt(p.Sequence.Base);
        string v = g.Node("Gather", Weight(p.Table.Weights), inputs.ListRows(sequence)), mask = inputs.Mask(sequence);
        string valid = g.Node("Cast", [("to", (long)OnnxType.Float)], mask), count = SumOver(1, valid), pooled;
        if (p.Kind == PoolingKind.Max)
        {
            string highest = g.Node("ReduceMax", ("axes", [1]), keepDims: false, g.Node("Where", mask, v, g.Number(float.MinValue)));
            pooled = g.Node("Where", g.Node("Greater", count, g.Number(0)), highest, g.Number(0));
        }
        else
        {
            pooled = SumOver(1, g.Node("Mul", v, valid));
            if (p.Kind == PoolingKind.Mean)
                pooled = g.Node("Div", pooled, g.Node("Max", count, g.Number(1)));
        }
        if (!parts.TryGetValue(p.Output, out List<string>? list))
            parts.Add(p.Output, list = []);
        list.Add(pooled);
    }

    /// <summary>Which list column begins there among all list positions of the model.</summary>
    private int SequenceAt(int position) =>
        Enumerable.Range(0, model.Spec.Sequences.Count).First(s => ModelInputs.SequenceBase(model.Spec, model.BatchSize, s) == position);
}
