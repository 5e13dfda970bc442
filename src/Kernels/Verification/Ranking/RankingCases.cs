using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Loss;
using GpuCtr.Kernels.Ranking;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>ItemRanks, TopItems and CandidateScores: all scores, counted and sorted. Factors are small integers, so that scores are exact and many are equal.</summary>
internal static class RankingCases
{
    /// <summary>Predictions are entries of B sequences of up to L items. The table has <c>First</c> rows before the items and two after; <c>Block</c> scores are held at a time. Odd: scores that are NaN, ∞ and −∞.</summary>
    private readonly record struct Shape(int B, int L, int V, int D, int First = 1, int Capacity = 0, int Block = 0, bool NoBias = false, bool Own = false, bool Odd = false, int K = 5);

    private static readonly Shape[] shapes =
    [
        new(1, 1, 1, 1, K: 1), new(3, 4, 2, 1, First: 0, K: 3), new(9, 5, 40, 4, Own: true), new(0, 3, 9, 4, Capacity: 3), new(20, 9, 70, 17, Capacity: 25, K: 70), new(12, 6, 33, 40, First: 0, Own: true, K: 1),
        new(7, 8, 300, 8, First: 3, Own: true, Odd: true), new(30, 7, 130, 32, K: 16), new(6, 3, 2100, 5, K: 10), new(40, 6, 70, 9, Block: 1, Own: true), new(60, 6, 40, 3, First: 0, Block: 64 * 40, Own: true),
        new(9, 7, 70, 5, NoBias: true, Odd: true), new(2, 200, 16, 3, Own: true, K: 20), new(0, 2, 5, 3, Capacity: 2, NoBias: true, Own: true),
    ];

    public static IEnumerable<OpCase> All() =>
    [
        .. OpCase.Each("item ranks", shapes, Ranks), .. OpCase.Each("top items", shapes, Top), .. OpCase.Each("candidate scores", shapes.Where(s => !s.Odd && s.Block == 0), Candidates),
    ];

    /// <summary>The tensors of a case.</summary>
    private sealed class Scored
    {
        private readonly Shape s;
        private readonly int[] sequence;
        private readonly SequenceTrial sequences;

        public Scored(Trial t, Shape s)
        {
            this.s = s;
            sequences = new(t, s.B, s.L, s.Capacity, target: false);
            Random random = t.Random("values");
            int whole = s.First == 0 ? 0 : s.First + 2;
            Tensor h = t.Batch("h", s.D, gradient: false, fill: i => s.Odd && i == 0 ? float.NaN : random.Next(-2, 3), kind: RowKind.Prediction);
            Tensor table = t.Parameter("table", s.V + whole, s.D, gradient: false, fill: i => s.Odd && i / s.D == s.First + 2 ? float.NaN : random.Next(-2, 3));
            Tensor? bias = s.NoBias ? null : t.Parameter("bias", 1, s.V, gradient: false, fill: v => s.Odd && v is 5 ? float.PositiveInfinity : s.Odd && v is 9 ? float.NegativeInfinity : random.Next(-1, 2));
            Output = new(h, table, new(s.First, s.V), bias);
            sequence = [.. Enumerable.Range(0, sequences.Tokens).Select(_ => random.Next(s.V + whole))];
            Wanted = [.. Enumerable.Range(0, M).Select(m => m == 0 ? 0 : m == 1 ? s.V - 1 : s.Odd && m < 9 ? m : s.Own && m % 4 == 2 && Own(m).Length > 0 ? Own(m)[0] : random.Next(whole > 0 ? s.V + 1 : s.V))];
            History = s.Own ? sequences.History(table, table, t.Workspace.Tensor("no vectors", Math.Max(s.B, s.Capacity), s.D), sequence, [0], [], 0) : null;
        }

        public ItemOutput Output { get; }

        public BehaviourHistory? History { get; }

        /// <summary>M.</summary>
        public int M => sequences.Predicted.Length;

        /// <summary>(M) the correct items; some are in their own sequence, some are not in the vocabulary: V.</summary>
        public int[] Wanted { get; }

        /// <summary>The scores of row <paramref name="m"/>; −∞ for those left out.</summary>
        public double[] Of(ReferenceValues r, int m, int except = -1)
        {
            double[] scores = [.. Enumerable.Range(0, s.V).Select(v => (Output.Bias is null ? 0 : r[Output.Bias][v]) + Enumerable.Range(0, s.D).Sum(i => r[Output.H][m * s.D + i] * r[Output.Table][(s.First + v) * s.D + i]))];
            foreach (int item in s.Own ? Own(m).Where(item => item != except) : [])
                scores[item] = double.NegativeInfinity;
            return scores;
        }

        /// <summary>The items of the row's own sequence, those that are items.</summary>
        private int[] Own(int m)
        {
            int b = sequences.RowOf(sequences.Predicted[m]);
            return [.. sequence[(sequences.Ends[b] - sequences.Lengths[b])..sequences.Ends[b]].Select(row => row - s.First).Where(v => v >= 0 && v < s.V)];
        }
    }

    private static void Ranks(Trial t, Shape s)
    {
        Scored scored = new(t, s);
        DeviceArray<int> targets = Ints(t, "targets", 1, [.. scored.Wanted.Select(v => s.First + v)]), ranks = Ints(t, "ranks", 1);
        Tensor result = t.Output("result", 1, used: false, kind: RowKind.Prediction);
        ItemRanks op = new(t.Workspace, scored.Output, targets, ranks, scored.History, s.Block);
        t.Forward(pass => op.Run(pass));
        t.Forward(pass => Show(t, ranks, result, scored.M));
        t.Owns(op);
        t.Reference(r =>
        {
            for (int m = 0; m < scored.M; m++)
            {
                double[] scores = scored.Of(r, m, except: scored.Wanted[m]);
                r[result][m] = scored.Wanted[m] == s.V ? s.V + 1 : s.V - scores.Count(other => other < scores[scored.Wanted[m]]);
            }
        });
    }

    private static void Top(Trial t, Shape s)
    {
        Scored scored = new(t, s);
        DeviceArray<int> items = Ints(t, "items", s.K);
        Tensor result = t.Output("result", s.K, used: false, kind: RowKind.Prediction), values = t.Output("values", s.K, s.D, used: false, kind: RowKind.Prediction);
        TopItems op = new(t.Workspace, scored.Output, items, values, scored.History, s.Block);
        t.Forward(pass => op.Run(pass));
        t.Forward(pass => Show(t, items, result, scored.M * s.K));
        t.Owns(op);
        t.Reference(r =>
        {
            for (int m = 0; m < scored.M; m++)
            {
                double[] scores = scored.Of(r, m);
                int[] best = [.. Enumerable.Range(0, s.V).Where(v => scores[v] > double.NegativeInfinity).OrderByDescending(v => scores[v]).ThenBy(v => v)];
                for (int k = 0; k < s.K; k++)
                    (r[result][m * s.K + k], r[values][m * s.K + k]) = k < best.Length ? (s.First + best[k], scores[best[k]]) : (-1, double.NegativeInfinity);
            }
        });
    }

    private static void Candidates(Trial t, Shape s)
    {
        Scored scored = new(t, s);
        Random random = t.Random("candidates");
        // −1 is no candidate.
        int[] items = [.. Enumerable.Range(0, scored.M * s.K).Select(_ => random.Next(-1, s.V))];
        DeviceArray<int> candidates = Ints(t, "candidates", s.K, [.. items.Select(v => v < 0 ? v : s.First + v)]);
        Tensor values = t.Output("values", s.K, s.D, used: false, kind: RowKind.Prediction);
        CandidateScores op = new(t.Device, scored.Output, candidates, values);
        t.Forward(pass => op.Run(pass));
        t.Reference(r =>
        {
            for (int i = 0; i < items.Length; i++)
                r[values][i] = items[i] < 0 ? double.NegativeInfinity
                    : (s.NoBias ? 0 : r[scored.Output.Bias!][items[i]]) + Enumerable.Range(0, s.D).Sum(d => r[scored.Output.H][i / s.K * s.D + d] * r[scored.Output.Table][(s.First + items[i]) * s.D + d]);
        });
    }

    private static DeviceArray<int> Ints(Trial t, string name, int columns, params int[] values)
    {
        DeviceArray<int> array = t.Workspace.Array<int>(name, Math.Max(1, t.PredictionCapacity) * columns);
        t.Upload(array, values);
        return array;
    }

    /// <summary>Copies integers to a tensor that is compared; elements after those of the batch are still poisoned.</summary>
    private static void Show(Trial t, DeviceArray<int> from, Tensor to, int count) =>
        to.Write(t.Device, [.. from.ToArray(t.Device).Take((int)to.Length).Select((value, i) => i >= count && value == -1 ? float.NaN : value)]);
}
