using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>SequenceEmbedding, x = [k + p, q + p₀] or k + p with the scatter-add of the keys, and ItemGather, its last items or those that are predicted.</summary>
internal static class SequenceCases
{
    private const int TableRows = 9, GradientOffset = 3;

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
        int places = sequences.Places, tokens = sequences.Tokens, fields = s.G + 1;
        Random random = t.Random("ids");
        int[][] ids = [.. Enumerable.Range(0, s.G).Select(_ => Enumerable.Range(0, tokens).Select(_ => 1 + random.Next(TableRows - 1)).ToArray())];
        int[] bases = [.. Enumerable.Range(0, s.G).Select(g => g * places)], targets = s.NoTarget ? [] : [.. Enumerable.Range(0, s.G).Select(g => fields - 1 - g)];
        Tensor table = t.Parameter("table", TableRows, s.D, terms: Math.Max(1, tokens), gradientStart: 0), vectors = t.Batch("vectors", fields * s.D);
        Tensor rowGradients = t.Workspace.Tensor("row gradients", GradientOffset + s.G * places, s.D);
        BehaviourHistory history = sequences.History(
            table, rowGradients, vectors, [.. ids.SelectMany(row => row.Concat(new int[places - tokens]))], bases, targets, GradientOffset);
        Tensor p = t.Parameter("p", Math.Max(1, s.MaxLength) + 1 + s.B % 2, s.E, terms: s.B), x = t.Output("x", s.E, kind: sequences.Items);
        SortedLookups sorted = Positions.Of(t, s.G * places, TableRows, ids.SelectMany((row, g) => row.Select((id, i) => (id, GradientOffset + bases[g] + i))));
        TableGradient scatter = new(t.Workspace, table, rowGradients, table.Gradient!, sorted, compact: false, l2: 0);
        t.Backward(_ => scatter.Run());
        t.Op(new SequenceEmbedding(t.Workspace, history, p, x));
        // A later op must read the targets' vectors.
        Tensor other = t.Batch("other", fields * s.D), sum = t.Output("sum", fields * s.D);
        t.Op(new Add(t.Device, sum, vectors, other));
        t.Reference(v =>
        {
            for (int i = 0; i < v[sum].Length; i++)
                v[sum][i] = v[vectors][i] + v[other][i];
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
        Tensor other = t.Batch("other", s.E, kind: sequences.Items), sum = t.Output("sum", s.E, kind: sequences.Items);
        t.Op(new Add(t.Device, sum, x, other));
        t.Reference(v =>
        {
            for (int i = 0; i < v[sum].Length; i++)
                v[sum][i] = v[x][i] + v[other][i];
            int[] from = s.NoTarget ? sequences.Predicted : [.. sequences.Ends.Select(end => end - 1)];
            for (int i = 0; i < from.Length; i++)
                Array.Copy(v[x], from[i] * s.E, v[y], i * s.E, s.E);
        });
    }
}
