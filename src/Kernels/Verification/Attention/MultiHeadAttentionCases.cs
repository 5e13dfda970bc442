using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>MultiHeadAttention, query by query and head by head; every item is a query, or only the target.</summary>
internal static class MultiHeadAttentionCases
{
    private readonly record struct Shape(
        int B, int E, int H, int MaxLength, int Capacity = 0, bool SharedInputs = false, bool Gradients = true, float Scale = 1, bool TargetAsks = false, bool Scaled = true);

    private static readonly Shape[] Shapes =
    [
        new(1, 1, 1, 1), new(1, 4, 2, 0), new(5, 3, 1, 4), new(5, 6, 2, 4), new(9, 16, 2, 6), new(4, 64, 8, 20), new(3, 40, 2, 17), new(6, 34, 2, 33), new(20, 8, 8, 3), new(2, 10, 2, 40),
        new(3, 15, 3, 8, Capacity: 11), new(4, 5, 1, 0, Capacity: 6), new(5, 12, 3, 5, SharedInputs: true), new(4, 8, 2, 5, Gradients: false), new(6, 8, 2, 6, Scale: 60), new(5, 6, 2, 4, Scaled: false),
    ];

    public static IEnumerable<OpCase> All() =>
        OpCase.Each("multi-head attention", Shapes.SelectMany(s => new[] { s with { TargetAsks = true }, s }), Record);

    private static void Record(Trial t, Shape s)
    {
        SequenceTrial sequences = new(t, s.B, s.MaxLength, s.Capacity);
        RowKind items = sequences.Items, asking = s.TargetAsks ? RowKind.Batch : items;
        int terms = s.MaxLength + 1, d = s.E / s.H;
        Random random = t.Random("q");
        Tensor q = t.Batch("q", s.E, s.Gradients, terms, _ => s.Scale * (random.NextSingle() * 2 - 1), asking);
        Tensor k = t.Batch("k", s.E, s.Gradients, (int)(terms * s.Scale * s.Scale), kind: items), v = t.Batch("v", s.E, terms: terms, kind: items);
        Tensor y = t.Output("y", s.E, terms: terms, kind: asking);
        t.Op(new MultiHeadAttention(t.Workspace, sequences.History(s.E).Items, q, k, v, s.H, y, s.Scaled));
        (Tensor Input, Tensor Sum)[] sums = s.SharedInputs ? [.. new[] { q, k, v }.Select(input => (input, t.Output($"{input.Name} + {input.Name}", s.E, kind: input.RowKind)))] : [];
        foreach ((Tensor input, Tensor sum) in sums)
            t.Op(new Add(t.Device, sum, input, input));
        t.Reference(r =>
        {
            foreach ((Tensor input, Tensor sum) in sums)
                for (int i = 0; i < r[sum].Length; i++)
                    r[sum][i] = 2 * r[input][i];
            for (int b = 0; b < s.B; b++)
            {
                int[] row = [.. Enumerable.Range(sequences.Ends[b] - sequences.Lengths[b] - 1, sequences.Lengths[b] + 1)];
                foreach (int question in s.TargetAsks ? [b] : row)
                    for (int head = 0; head < s.H; head++)
                        Answer(r[q].AsSpan(question * s.E + head * d, d), r[y].AsSpan(question * s.E + head * d, d), row, head * d, r[k], r[v]);
            }
        });

        void Answer(ReadOnlySpan<double> question, Span<double> answer, int[] row, int column, double[] keys, double[] values)
        {
            double[] powers = new double[row.Length];
            for (int i = 0; i < row.Length; i++)
            {
                double score = 0;
                for (int c = 0; c < d; c++)
                    score += question[c] * keys[row[i] * s.E + column + c];
                powers[i] = Math.Exp(s.Scaled ? score / Math.Sqrt(d) : score);
            }
            double total = powers.Sum();
            answer.Clear();
            for (int i = 0; i < row.Length; i++)
                for (int c = 0; c < d; c++)
                    answer[c] += powers[i] / total * values[row[i] * s.E + column + c];
        }
    }
}
