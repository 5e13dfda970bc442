using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Recurrent;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>The ops between keys, states and attention weights of a history: HistoryKeys, LastState, PositionDots, PositionScale, PositionSoftmax, and the first layer of the activation unit over states.</summary>
internal static class PositionCases
{
    private static readonly RowKind positions = RowKind.HistoryPosition(0);

    private readonly record struct Lookups(int B, int G, int D, int MaxLength, int Capacity = 0)
    {
        public int E => G * D;
    }

    private readonly record struct Shape(int B, int H, int MaxLength, int Capacity = 0, bool SharedInputs = false);

    private static readonly Lookups[] lookups = [new(1, 1, 1, 1), new(1, 2, 3, 0), new(5, 2, 3, 4), new(9, 1, 16, 30), new(4, 3, 17, 6, 9)];

    private static readonly Shape[] shapes =
        [new(1, 1, 1), new(3, 2, 0, 5), new(5, 3, 4), new(20, 16, 40), new(4, 33, 9, 7), new(6, 5, 5, SharedInputs: true)];

    public static IEnumerable<OpCase> All() =>
    [
        .. OpCase.Each("history keys", lookups, RecordKeys),
        .. OpCase.Each("last state", shapes, RecordLast),
        .. OpCase.Each("position dots", shapes, RecordDots),
        .. OpCase.Each("position scale", shapes, RecordScale),
        .. OpCase.Each("position softmax", shapes, RecordSoftmax),
        .. OpCase.Each("activation unit over states", shapes.Select(s => s with { SharedInputs = false }).Distinct(), RecordUnit),
    ];

    private static void RecordKeys(Trial t, Lookups s)
    {
        SequenceTrial histories = new(t, s.B, s.MaxLength, s.Capacity);
        int tokens = histories.Tokens;
        Tensor none = t.Workspace.Tensor("no vectors", Math.Max(s.B, s.Capacity), s.E);
        (BehaviourHistory history, Tensor table, int[][] ids) = histories.KeysOf(s.G, s.D, none, new int[s.G], terms: Math.Max(1, tokens));
        Tensor k = t.Output("k", s.E, kind: positions);
        t.Op(new HistoryKeys(t.Device, history, k));
        t.Reference(v =>
        {
            for (int i = 0; i < tokens * s.E; i++)
                v[k][i] = v[table][ids[i % s.E / s.D][i / s.E] * s.D + i % s.D];
        });
    }

    private static void RecordLast(Trial t, Shape s)
    {
        SequenceTrial histories = new(t, s.B, s.MaxLength, s.Capacity);
        Tensor h = t.Batch("h", s.H, kind: positions), y = t.Output("y", s.H);
        t.Op(new LastState(t.Device, histories.History(s.H), h, y));
        if (s.SharedInputs)
            t.ReadAgain(h);
        t.Reference(v =>
        {
            for (int b = 0, end = 0; b < s.B; b++)
            {
                end += histories.Lengths[b];
                for (int j = 0; j < s.H; j++)
                    v[y][b * s.H + j] = histories.Lengths[b] == 0 ? 0 : v[h][(end - 1) * s.H + j];
            }
        });
    }

    private static void RecordDots(Trial t, Shape s)
    {
        SequenceTrial histories = new(t, s.B, s.MaxLength, s.Capacity);
        Tensor h = t.Batch("h", s.H, kind: positions), vector = t.Batch("v", s.H, terms: Math.Max(1, s.MaxLength)), scores = t.Output("s", 1, terms: s.H, kind: positions);
        t.Op(new PositionDots(t.Device, histories.History(s.H), h, vector, scores));
        if (s.SharedInputs)
            t.ReadAgain(h, vector);
        t.Reference(v =>
        {
            foreach ((int b, int position) in Places(histories))
                v[scores][position] = Enumerable.Range(0, s.H).Sum(j => v[h][position * s.H + j] * v[vector][b * s.H + j]);
        });
    }

    private static void RecordScale(Trial t, Shape s)
    {
        SequenceTrial histories = new(t, s.B, s.MaxLength, s.Capacity);
        Tensor x = t.Batch("x", s.H, kind: positions), a = t.Batch("a", 1, terms: s.H, kind: positions), y = t.Output("y", s.H, kind: positions);
        t.Op(new PositionScale(t.Device, x, a, y));
        if (s.SharedInputs)
            t.ReadAgain(x, a);
        t.Reference(v =>
        {
            for (int i = 0; i < histories.Tokens * s.H; i++)
                v[y][i] = v[a][i / s.H] * v[x][i];
        });
    }

    private static void RecordSoftmax(Trial t, Shape s)
    {
        SequenceTrial histories = new(t, s.B, s.MaxLength, s.Capacity);
        Random random = t.Random("s");
        // Scores far from 0, whose exponentials do not fit a float.
        Tensor scores = t.Batch("s", 1, terms: Math.Max(1, s.MaxLength), fill: _ => 200 + 4 * random.NextSingle(), kind: positions);
        Tensor a = t.Output("a", 1, terms: Math.Max(1, s.MaxLength), kind: positions);
        t.Op(new PositionSoftmax(t.Device, histories.History(1), scores, a));
        if (s.SharedInputs)
            t.ReadAgain(scores);
        t.Reference(v =>
        {
            foreach (IGrouping<int, (int B, int Position)> row in Places(histories).GroupBy(p => p.B))
                foreach ((_, int position) in row)
                    v[a][position] = 1 / row.Sum(other => Math.Exp(v[scores][other.Position] - v[scores][position]));
        });
    }

    /// <summary>Keys that are states, which a later op reads too, and queries that no other op reads.</summary>
    private static void RecordUnit(Trial t, Shape s)
    {
        SequenceTrial histories = new(t, s.B, s.MaxLength, s.Capacity);
        int units = s.H + 2;
        Tensor h = t.Batch("h", s.H, terms: 4 * units, kind: positions), q = t.Batch("q", s.H, terms: units * Math.Max(1, s.MaxLength));
        Tensor w = t.Parameter("W", units, 4 * s.H, terms: Math.Max(1, histories.Tokens)), beta = t.Parameter("beta", 1, units, terms: Math.Max(1, histories.Tokens));
        Tensor z = t.Output("z", units, terms: 4 * s.H, kind: positions), scores = t.Output("s", 1, terms: s.H, kind: positions), vector = t.Batch("v", s.H, terms: Math.Max(1, s.MaxLength));
        DeviceArray<int> numbers = t.Workspace.Array<int>("numbers", histories.Places), zero = t.Workspace.Array<int>("zero", 1);
        t.Upload(numbers, [.. Enumerable.Range(0, histories.Places)]);
        t.Upload(zero, 0);
        BehaviourHistory history = histories.History(s.H);
        t.Op(new ActivationUnitFirstLayer(t.Workspace, history.Over(h, q, numbers, zero), w, beta, z));
        t.Op(new PositionDots(t.Device, history, h, vector, scores));
        t.Reference(v =>
        {
            foreach ((int b, int position) in Places(histories))
            {
                double[] key = v[h][(position * s.H)..((position + 1) * s.H)], query = v[q][(b * s.H)..((b + 1) * s.H)];
                double[] input = [.. query, .. key, .. query.Zip(key, v.Difference), .. query.Zip(key, (x, y) => x * y)], output = new double[units];
                ReferenceValues.Linear(input, v[w], v[beta], 1, units, 4 * s.H, output);
                output.CopyTo(v[z], position * units);
                v[scores][position] = key.Select((x, j) => x * v[vector][b * s.H + j]).Sum();
            }
        });
    }

    private static IEnumerable<(int B, int Position)> Places(SequenceTrial histories) =>
        histories.Lengths.SelectMany((length, b) => Enumerable.Repeat(b, length)).Select((b, position) => (b, position));
}
