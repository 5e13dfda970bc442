using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>ActivationUnitFirstLayer and AttentionPooling over one history, with the scatter-add of the keys: the reference forms the four-way concatenation for each position. Some cases add Dice and a further layer, as in the activation unit.</summary>
internal static class AttentionCases
{
    private const int TableRows = 9, GradientOffset = 3;

    private readonly record struct Shape(AttentionNormalization Normalization, int B, int G, int D, int H, int MaxLength, int Capacity = 0, bool Joined = false, int Units = 0)
    {
        public int E => G * D;
    }

    private static readonly IEnumerable<Shape> shapes =
        from n in Enum.GetValues<AttentionNormalization>()
        from s in new Shape[] { new(n, 3, 2, 4, 33, 70, Joined: true), new(n, 4, 2, 16, 20, 5, Joined: true), new(n, 5, 2, 17, 7, 4, 11, Joined: true), new(n, 1, 1, 1, 1, 2), new(n, 5, 2, 3, 7, 4), new(n, 9, 1, 16, 32, 6), new(n, 4, 2, 17, 5, 20), new(n, 70, 2, 4, 18, 3), new(n, 3, 3, 5, 36, 8, 11), new(n, 4, 2, 3, 5, 0, 6), new(n, 6, 3, 8, 20, 65, Joined: true, Units: 5), new(n, 7, 4, 16, 18, 9, Joined: true, Units: 3), new(n, 5, 4, 3, 9, 6, 8, Units: 4) }
        select s;

    public static IEnumerable<OpCase> All() => OpCase.Each("attention", shapes, Record, s => s.Normalization == AttentionNormalization.None && s.Units == 0);

    private static void Record(Trial t, Shape s)
    {
        int capacity = Math.Max(s.B, s.Capacity), places = capacity * Math.Max(1, s.MaxLength), fields = s.G + 1;
        Random random = t.Random("histories");
        // The first history has the maximum length and the second is empty.
        int[] lengths = Enumerable.Range(0, s.B).Select(b => b == 0 ? s.MaxLength : b == 1 ? 0 : random.Next(s.MaxLength + 1)).ToArray();
        int[] offsets = lengths.Aggregate(new List<int> { 0 }, (ends, length) => [.. ends, ends[^1] + length]).ToArray();
        int[] owners = Enumerable.Range(0, s.B).SelectMany(b => Enumerable.Repeat(b, lengths[b])).ToArray();
        int tokens = offsets[^1];
        (t.Pass, t.Capacity, t.TokenCapacity) = (new(s.B, true, [tokens]), s.Capacity, places);
        int[][] ids = Enumerable.Range(0, s.G).Select(_ => Enumerable.Range(0, tokens).Select(_ => 1 + random.Next(TableRows - 1)).ToArray()).ToArray();
        int[] bases = Enumerable.Range(0, s.G).Select(g => g * places).ToArray(), targets = Enumerable.Range(0, s.G).Select(g => fields - 1 - g).ToArray();

        Tensor table = t.Parameter("table", TableRows, s.D, terms: Math.Max(1, tokens) * s.H, gradientStart: 0), vectors = t.Batch("vectors", fields * s.D, terms: s.H * s.MaxLength + 1);
        Tensor rowGradients = t.Workspace.Tensor("row gradients", GradientOffset + s.G * places, s.D);
        BehaviourHistory history = new(
            table, rowGradients, vectors, Ints(t, "rows", s.G * places, ids.SelectMany(row => row.Concat(new int[places - tokens])).ToArray()), Ints(t, "bases", s.G, bases),
            Ints(t, "targets", s.G, targets), Ints(t, "offsets", capacity + 1, offsets), Ints(t, "owners", places, owners), 0, places, GradientOffset);
        Tensor w = t.Parameter("W", s.H, 4 * s.E, terms: Math.Max(1, tokens)), beta = t.Parameter("beta", 1, s.H, terms: Math.Max(1, tokens));
        Tensor z = s.Units == 0 ? t.Output("z", s.H, terms: 4 * s.E, kind: RowKind.HistoryPosition(0)) : t.Workspace.Tensor("z", places, s.H, gradient: true, RowKind.HistoryPosition(0));
        Tensor score = t.Batch("score", 1, terms: s.E, kind: RowKind.HistoryPosition(0)), pooled = t.Output("pooled", s.E, terms: Math.Max(1, s.MaxLength));
        SortedLookups positions = Positions.Of(t, s.G * places, TableRows, ids.SelectMany((row, g) => row.Select((id, i) => (id, GradientOffset + bases[g] + i))));
        TableGradient scatter = new(t.Workspace, table, rowGradients, table.Gradient!, positions, compact: false, l2: 0);
        t.Backward(_ => scatter.Run());
        ActivationUnitFirstLayer input = new(t.Workspace, history, w, beta, z);
        t.Op(input);
        Action<ReferenceValues, double[]> behind = s.Units == 0 ? (v, values) => values.CopyTo(v[z], 0) : DiceCases.Behind(t, z, tokens, places, s.Units);
        t.Op(new AttentionPooling(t.Workspace, history, score, pooled, s.Normalization, s.Joined ? input : null));
        // A later op must read the targets' vectors.
        Tensor other = t.Batch("other", fields * s.D), sum = t.Output("sum", fields * s.D);
        t.Op(new Add(t.Device, sum, vectors, other));
        t.Reference(v =>
        {
            for (int i = 0; i < v[sum].Length; i++)
                v[sum][i] = v[vectors][i] + v[other][i];
            double[] inputs = new double[tokens * 4 * s.E], units = new double[tokens * s.H];
            for (int b = 0; b < s.B; b++)
                Row(v, inputs, b);
            ReferenceValues.Linear(inputs, v[w], v[beta], tokens, s.H, 4 * s.E, units);
            behind(v, units);
        });

        void Row(ReferenceValues v, double[] inputs, int b)
        {
            double[] weights = Enumerable.Range(offsets[b], lengths[b]).Select(i => s.Normalization switch
            {
                AttentionNormalization.None => v[score][i],
                AttentionNormalization.Sigmoid => 1 / (1 + Math.Exp(-v[score][i] / Math.Sqrt(s.E))),
                AttentionNormalization.ScaledSoftmax => Math.Exp(v[score][i] / Math.Sqrt(s.E)),
                _ => Math.Exp(v[score][i]),
            }).ToArray();
            double total = s.Normalization is AttentionNormalization.Softmax or AttentionNormalization.ScaledSoftmax ? weights.Sum() : 1;
            for (int e = 0; e < s.E; e++)
                v[pooled][b * s.E + e] = 0;
            double[] fieldVectors = v[vectors], keys = v[table], output = v[pooled];
            for (int i = offsets[b]; i < offsets[b + 1]; i++)
                for (int e = 0; e < s.E; e++)
                {
                    double q = fieldVectors[(b * fields + targets[e / s.D]) * s.D + e % s.D], k = keys[ids[e / s.D][i] * s.D + e % s.D];
                    int at = i * 4 * s.E + e;
                    (inputs[at], inputs[at + s.E], inputs[at + 2 * s.E], inputs[at + 3 * s.E]) = (q, k, v.Difference(q, k), q * k);
                    output[b * s.E + e] += weights[i - offsets[b]] / total * k;
                }
        }
    }

    private static DeviceArray<int> Ints(Trial t, string name, int length, int[] values)
    {
        DeviceArray<int> array = t.Workspace.Array<int>(name, length);
        t.Upload(array, values);
        return array;
    }
}
