using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>MultiHeadAttention, question by question and head by head; every item asks, or the target alone.</summary>
internal static class MultiHeadAttentionCases
{
    private readonly record struct Shape(int B, int E, int H, int MaxLength, int Capacity = 0, bool Shared = false, bool Gradients = true, float Scale = 1)
    {
        public string Of(bool targetAsks) =>
            $"{(targetAsks ? "target" : "all")} B{B} E{E} H{H} up to {MaxLength}{(Capacity > 0 ? $" capacity {Capacity}" : "")}{(Shared ? " inputs of sums" : "")}{(Gradients ? "" : " v alone learns")}{(Scale > 1 ? $" q up to {Scale}" : "")}";
    }

    private static readonly Shape[] Shapes =
    [
        new(1, 1, 1, 1), new(1, 4, 2, 0), new(5, 3, 1, 4), new(5, 6, 2, 4), new(9, 16, 2, 6), new(4, 64, 8, 20), new(3, 40, 2, 17), new(6, 34, 2, 33), new(20, 8, 8, 3), new(2, 10, 2, 40),
        new(3, 15, 3, 8, Capacity: 11), new(4, 5, 1, 0, Capacity: 6), new(5, 12, 3, 5, Shared: true), new(4, 8, 2, 5, Gradients: false), new(6, 8, 2, 6, Scale: 60),
    ];

    public static IEnumerable<OpCase> All() =>
        from targetAsks in new[] { true, false }
        from s in Shapes
        select new OpCase("multi-head attention", s.Of(targetAsks), t => Record(t, s, targetAsks));

    private static void Record(Trial t, Shape s, bool targetAsks)
    {
        SequenceTrial sequences = new(t, s.B, s.MaxLength, s.Capacity);
        RowKind items = sequences.Items, asking = targetAsks ? RowKind.Batch : items;
        int terms = s.MaxLength + 1, d = s.E / s.H;
        Random random = t.Random("q");
        Tensor q = t.Batch("q", s.E, s.Gradients, terms, _ => s.Scale * (random.NextSingle() * 2 - 1), asking);
        Tensor k = t.Batch("k", s.E, s.Gradients, (int)(terms * s.Scale * s.Scale), kind: items), v = t.Batch("v", s.E, terms: terms, kind: items);
        Tensor y = t.Output("y", s.E, terms: terms, kind: asking);
        t.Op(new MultiHeadAttention(t.Workspace, sequences.History(s.E), q, k, v, s.H, y));
        (Tensor Input, Tensor Sum)[] sums = s.Shared ? [.. new[] { q, k, v }.Select(input => (input, t.Output($"{input.Name} + {input.Name}", s.E, kind: input.RowKind)))] : [];
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
                foreach (int question in targetAsks ? [b] : row)
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
                powers[i] = Math.Exp(score / Math.Sqrt(d));
            }
            double total = powers.Sum();
            answer.Clear();
            for (int i = 0; i < row.Length; i++)
                for (int c = 0; c < d; c++)
                    answer[c] += powers[i] / total * values[row[i] * s.E + column + c];
        }
    }
}
