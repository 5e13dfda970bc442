namespace GpuCtr.Models.Tests.Variants;

/// <summary>autoint by the formulas of its paper, field by field and head by head.</summary>
/// <param name="layers">Interacting layers.</param>
/// <param name="heads">Heads.</param>
/// <param name="width">Columns of all heads.</param>
/// <param name="hidden">Hidden layers of the MLP beside them; 0 = there is none.</param>
internal sealed class FieldAttention(int layers, int heads, int width, int hidden = 0) : Reference
{
    protected override double[] Forward(VariantRow[] rows)
    {
        double[][] logits = Linear("attention.out", [.. rows.Select(r => Join(Interacting(FieldVectors(r))))]);
        double[][]? deep = hidden > 0 ? Mlp("mlp", hidden, [.. rows.Select(r => Join(FieldVectors(r)))]) : null;
        return [.. logits.Select((z, b) => z[0] + (deep?[b][0] ?? 0))];
    }

    private double[][] Interacting(double[][] e)
    {
        for (int l = 0; l < layers; l++)
        {
            double[][] q = Linear($"attention.{l}.query", e), k = Linear($"attention.{l}.key", e), v = Linear($"attention.{l}.value", e), residual = Linear($"attention.{l}.residual", e);
            e = Relu([.. q.Select((question, m) => Plus(Answer(question, k, v), residual[m]))]);
        }
        return e;
    }

    /// <summary>Of every head, the values v of all fields, weighted by the softmax of ⟨q, k⟩.</summary>
    private double[] Answer(double[] q, double[][] k, double[][] v)
    {
        double[] answer = new double[width];
        int d = width / heads;
        for (int first = 0; first < width; first += d)
        {
            double[] powers = new double[k.Length];
            for (int m = 0; m < k.Length; m++)
            {
                double score = 0;
                for (int c = first; c < first + d; c++)
                    score += q[c] * k[m][c];
                powers[m] = Math.Exp(score);
            }
            for (int m = 0; m < k.Length; m++)
                for (int c = first; c < first + d; c++)
                    answer[c] += powers[m] / powers.Sum() * v[m][c];
        }
        return answer;
    }
}
