using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Recurrent;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>The auxiliary loss: NextItemPairs and NextItemDots pair by pair, and NextItemLoss of logits that an op wrote, because it starts gradients instead of continuing them.</summary>
internal static class NextItemCases
{
    private static readonly RowKind positions = RowKind.HistoryPosition(0), pairs = RowKind.HistoryPair(0);

    private readonly record struct Shape(int B, int H, int E, int MaxLength, int Capacity = 0, bool SharedInputs = false);

    private readonly record struct LossShape(PairAverages Average, int B, int Outputs, int MaxLength, int Capacity = 0, float Scale = 1, bool Weighted = false, float Epsilon = 0);

    private static readonly Shape[] shapes =
        [new(1, 1, 1, 1), new(3, 2, 2, 0, 4), new(5, 3, 3, 4), new(20, 16, 16, 30), new(4, 33, 33, 9, 7), new(6, 5, 5, 5, SharedInputs: true)];

    public static IEnumerable<OpCase> All() =>
    [
        .. OpCase.Each("next item dots", shapes, RecordDots),
        .. OpCase.Each("next item pairs", [.. shapes, new(5, 3, 7, 4), new(4, 20, 17, 6)], RecordPairs),
        .. OpCase.Each(
            "next item loss",
            from average in Enum.GetValues<PairAverages>()
            from s in new LossShape[] { new(average, 1, 1, 1), new(average, 3, 2, 0, 4), new(average, 5, 1, 4), new(average, 70, 2, 9, 75), new(average, 150, 1, 12), new(average, 6, 1, 5, Scale: 30), new(average, 70, 2, 9, 75, Weighted: true), new(average, 9, 2, 5, Scale: 12, Epsilon: 1e-8f), new(average, 70, 1, 9, Scale: 3, Weighted: true, Epsilon: 0.01f) }
            select s,
            RecordLoss),
    ];

    private static void RecordDots(Trial t, Shape s)
    {
        (SequenceTrial histories, NextItems items) = Items(t, s);
        Tensor z = t.Output("z", 1, terms: s.H, kind: pairs);
        t.Op(new NextItemDots(t.Device, items, z));
        if (s.SharedInputs)
            t.ReadAgain(items.States, items.Clicked, items.Negative);
        t.Reference(v =>
        {
            foreach ((int row, int? state, int next, Tensor of) in Rows(histories, items))
                v[z][row] = state is { } at ? Enumerable.Range(0, s.H).Sum(j => v[items.States][at * s.H + j] * v[of][next * s.H + j]) : 0;
        });
    }

    private static void RecordPairs(Trial t, Shape s)
    {
        (SequenceTrial histories, NextItems items) = Items(t, s);
        int columns = s.H + s.E;
        Tensor y = t.Output("y", columns, kind: pairs);
        t.Op(new NextItemPairs(t.Device, items, y));
        if (s.SharedInputs)
            t.ReadAgain(items.States, items.Clicked, items.Negative);
        t.Reference(v =>
        {
            foreach ((int row, int? state, int next, Tensor of) in Rows(histories, items))
                for (int j = 0; j < columns; j++)
                    v[y][row * columns + j] = state is not { } at ? 0 : j < s.H ? v[items.States][at * s.H + j] : v[of][next * s.E + j - s.H];
        });
    }

    /// <summary>The case has z = x + 0 over pairs; the gradient of x is that of the loss.</summary>
    private static void RecordLoss(Trial t, LossShape s)
    {
        SequenceTrial histories = new(t, s.B, s.MaxLength, s.Capacity);
        Random random = t.Random("x");
        const float alpha = 0.7f;
        Tensor x = t.Batch("x", s.Outputs, fill: _ => s.Scale * (random.NextSingle() * 2 - 1), kind: pairs), zero = t.Batch("zero", s.Outputs, gradient: false, fill: _ => 0, kind: pairs);
        Tensor? w = s.Weighted ? t.Batch("weight", 1, gradient: false, fill: _ => random.NextSingle() * 2) : null;
        Tensor z = t.Workspace.Tensor("z", x.Rows, s.Outputs, gradient: true, kind: pairs);
        // α is the weight of the first number, the loss of the batch, in the gradients that the op starts.
        Tensor loss = t.State(t.Workspace.Tensor("loss", 1, 3), i => i, terms: Math.Max(1, 2 * histories.Tokens), upstream: [alpha, 0, 0]);
        t.Op(new Add(t.Device, z, x, zero));
        t.Op(new NextItemLoss(t.Workspace, histories.History(1), z, loss, s.Average, alpha, w, s.Epsilon));
        t.Reference(v =>
        {
            double sum = 0, count = 0;
            for (int b = 0, first = 0; b < s.B; first += histories.Lengths[b++])
                for (int i = first; i + 1 < first + histories.Lengths[b]; i++, count += Weight(b))
                    sum += Weight(b) * (-Math.Log(1 / (1 + Math.Exp(-Logit(2 * i))) + s.Epsilon) + Math.Log(1 + Math.Exp(Logit(2 * i + 1))));
            double n = count == 0 ? 0 : s.Average switch
            {
                PairAverages.Rows => s.B,
                PairAverages.Pairs => count,
                _ => s.B * (histories.Lengths.Max() - 1),
            };
            v[loss][0] = n > 0 ? sum / n : 0;
            v[loss][1] += sum;
            v[loss][2] += n;

            double Weight(int b) => w is null ? 1 : v[w][b];
            double Logit(int row) => s.Outputs == 1 ? v[x][row] : v[x][2 * row] - v[x][2 * row + 1];
        });
    }

    private static (SequenceTrial Histories, NextItems Items) Items(Trial t, Shape s)
    {
        SequenceTrial histories = new(t, s.B, s.MaxLength, s.Capacity);
        return (histories, new(
            histories.History(1), t.Batch("h", s.H, terms: 2, kind: positions), t.Batch("e", s.E, kind: positions), t.Batch("ê", s.E, kind: positions)));
    }

    /// <summary>Every row over pairs: the position of its state, null at the last of a history, the position that follows, and the items to read there.</summary>
    private static IEnumerable<(int Row, int? State, int Next, Tensor Of)> Rows(SequenceTrial histories, NextItems items)
    {
        int[] owners = [.. histories.Lengths.SelectMany((length, b) => Enumerable.Repeat(b, length))];
        for (int i = 0; i < owners.Length; i++)
        {
            int? state = i + 1 < owners.Length && owners[i + 1] == owners[i] ? i : null;
            yield return (2 * i, state, i + 1, items.Clicked);
            yield return (2 * i + 1, state, i + 1, items.Negative);
        }
    }
}
