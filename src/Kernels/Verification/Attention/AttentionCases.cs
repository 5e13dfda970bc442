using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>ActivationUnitFirstLayer and AttentionPooling over one history, with the scatter-add of the keys: the reference forms the four-way concatenation for each position. Some cases add Dice and a further layer, as in the activation unit.</summary>
internal static class AttentionCases
{
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
        SequenceTrial histories = new(t, s.B, s.MaxLength, s.Capacity);
        int places = histories.Places, tokens = histories.Tokens, fields = s.G + 1;
        int[] targets = [.. Enumerable.Range(0, s.G).Select(g => fields - 1 - g)], lengths = histories.Lengths;
        Tensor vectors = t.Batch("vectors", fields * s.D, terms: s.H * s.MaxLength + 1);
        (BehaviourHistory history, Tensor table, int[][] ids) = histories.KeysOf(s.G, s.D, vectors, targets, terms: Math.Max(1, tokens) * s.H);
        Tensor w = t.Parameter("W", s.H, 4 * s.E, terms: Math.Max(1, tokens)), beta = t.Parameter("beta", 1, s.H, terms: Math.Max(1, tokens));
        Tensor z = s.Units == 0 ? t.Output("z", s.H, terms: 4 * s.E, kind: RowKind.HistoryPosition(0)) : t.Workspace.Tensor("z", places, s.H, gradient: true, RowKind.HistoryPosition(0));
        Tensor score = t.Batch("score", 1, terms: s.E, kind: RowKind.HistoryPosition(0)), pooled = t.Output("pooled", s.E, terms: Math.Max(1, s.MaxLength));
        ActivationUnitFirstLayer input = new(t.Workspace, history, w, beta, z);
        t.Op(input);
        Action<ReferenceValues, double[]> behind = s.Units == 0 ? (v, values) => values.CopyTo(v[z], 0) : DiceCases.Behind(t, z, tokens, places, s.Units);
        t.Op(new AttentionPooling(t.Workspace, history, score, pooled, s.Normalization, s.Joined ? input : null));
        // A later op must read the targets' vectors.
        t.ReadAgain(vectors);
        t.Reference(v =>
        {
            double[] inputs = new double[tokens * 4 * s.E], units = new double[tokens * s.H];
            for (int b = 0, first = 0; b < s.B; first += lengths[b++])
                Row(v, inputs, b, first);
            ReferenceValues.Linear(inputs, v[w], v[beta], tokens, s.H, 4 * s.E, units);
            behind(v, units);
        });

        void Row(ReferenceValues v, double[] inputs, int b, int first)
        {
            double[] weights = Enumerable.Range(first, lengths[b]).Select(i => s.Normalization switch
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
            for (int i = first; i < first + lengths[b]; i++)
                for (int e = 0; e < s.E; e++)
                {
                    double q = fieldVectors[(b * fields + targets[e / s.D]) * s.D + e % s.D], k = keys[ids[e / s.D][i] * s.D + e % s.D];
                    int at = i * 4 * s.E + e;
                    (inputs[at], inputs[at + s.E], inputs[at + 2 * s.E], inputs[at + 3 * s.E]) = (q, k, v.Difference(q, k), q * k);
                    output[b * s.E + e] += weights[i - first] / total * k;
                }
        }
    }
}
