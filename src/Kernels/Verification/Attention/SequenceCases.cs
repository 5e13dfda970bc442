using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>SequenceEmbedding, x = [k + p, q + p₀] or k + p with the scatter-add of the keys, and ItemGather, its last items or the predicted ones.</summary>
internal static class SequenceCases
{
    private readonly record struct Shape(int B, int G, int D, int MaxLength, int Capacity = 0, bool NoTarget = false)
    {
        public int E => G * D;
    }

    private static readonly Shape[] Shapes =
        [new(1, 1, 1, 1), new(1, 2, 3, 0), new(5, 2, 3, 4), new(9, 1, 16, 6), new(4, 2, 17, 20), new(70, 2, 4, 3), new(3, 3, 5, 8, 11), new(4, 2, 3, 0, 6), new(300, 1, 2, 5)];

    private static IEnumerable<Shape> Both => Shapes.Concat(Shapes.Select(s => s with { NoTarget = true }));

    public static IEnumerable<OpCase> All() =>
    [
        .. OpCase.Each("sequence embedding", Both, RecordSequence),
        .. OpCase.Each("item gather", Both, RecordGather),
    ];

    private static void RecordSequence(Trial t, Shape s)
    {
        SequenceTrial sequences = new(t, s.B, s.MaxLength, s.Capacity, !s.NoTarget);
        int fields = s.G + 1;
        int[] targets = s.NoTarget ? [] : [.. Enumerable.Range(0, s.G).Select(g => fields - 1 - g)];
        Tensor vectors = t.Batch("vectors", fields * s.D);
        (BehaviourHistory history, Tensor table, int[][] ids) = sequences.KeysOf(s.G, s.D, vectors, targets, terms: Math.Max(1, sequences.Tokens));
        Tensor p = t.Parameter("p", Math.Max(1, s.MaxLength) + 1 + s.B % 2, s.E, terms: s.B), x = t.Output("x", s.E, kind: sequences.Items);
        t.Op(new SequenceEmbedding(t.Workspace, history, p, x));
        // A later op must read the targets' vectors.
        t.ReadAgain(vectors);
        t.Reference(v =>
        {
            for (int b = 0, token = 0; b < s.B; b++)
            {
                int[] items = sequences.ItemsOf(b);
                for (int i = 0; i < items.Length; i++)
                    for (int e = 0; e < s.E; e++)
                    {
                        double value = i == sequences.Lengths[b]
                            ? v[vectors][(b * fields + targets[e / s.D]) * s.D + e % s.D]
                            : v[table][ids[e / s.D][token + i] * s.D + e % s.D];
                        v[x][items[i] * s.E + e] = value + v[p][(s.NoTarget ? i : items.Length - 1 - i) * s.E + e];
                    }
                token += sequences.Lengths[b];
            }
        });
    }

    private static void RecordGather(Trial t, Shape s)
    {
        SequenceTrial sequences = new(t, s.B, s.MaxLength, s.Capacity, !s.NoTarget);
        Tensor x = t.Batch("x", s.E, kind: sequences.Items), y = t.Output("y", s.E, kind: s.NoTarget ? RowKind.Prediction : RowKind.Batch);
        t.Op(new ItemGather(t.Device, sequences.History(s.E), x, y));
        // A later op must read all items.
        t.ReadAgain(x);
        t.Reference(v =>
        {
            int[] from = s.NoTarget ? sequences.Predicted : [.. sequences.Ends.Select(end => end - 1)];
            for (int i = 0; i < from.Length; i++)
                Array.Copy(v[x], from[i] * s.E, v[y], i * s.E, s.E);
        });
    }
}
