using GpuCtr.Kernels.Loss;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>ListCrossEntropy and ListLogits: every probability and its logarithm, list by list, which float64 holds for scores below 700.</summary>
internal static class ListCrossEntropyCases
{
    private readonly record struct Shape(int Lists, int Longest, int Capacity = 0, float Scale = 1, float Shift = 0);

    private static readonly Shape[] shapes =
    [
        new(1, 1), new(1, 5), new(5, 4), new(63, 3), new(64, 3), new(65, 2), new(200, 9), new(3, 40), new(4, 6, Capacity: 60), new(6, 7, Scale: 30), new(6, 7, Scale: 2, Shift: 300),
    ];

    public static IEnumerable<OpCase> All() => [.. OpCase.Each("list cross entropy", shapes, RecordLoss), .. OpCase.Each("list logits", shapes, RecordLogits)];

    private static void RecordLoss(Trial t, Shape s)
    {
        ListTrial lists = new(t, s.Lists, s.Longest, s.Capacity);
        Random random = t.Random("values");
        Tensor score = t.Batch("score", 1, terms: s.Longest, fill: _ => s.Shift + s.Scale * (random.NextSingle() * 2 - 1));
        // The third list has no click, and others have several.
        Tensor label = t.Batch("label", 1, gradient: false, fill: i => s.Lists > 2 && lists.RowsOf(2).Contains(i) ? 0 : random.Next(2));
        // Mean of this batch; sum and number continue from earlier batches.
        Tensor loss = t.State(t.Workspace.Tensor("loss", 1, 3), i => i == 0 ? 0 : i == 1 ? 0.5f : 3, (int)(s.Scale * lists.Starts[^1]), [1, 0, 0]);
        ListCrossEntropy op = new(t.Workspace, lists.Items, score, label, loss);
        t.Forward(pass => op.Run(pass));
        t.Reference(v =>
        {
            double sum = 0;
            for (int list = 0; list < s.Lists; list++)
            {
                double total = lists.RowsOf(list).Sum(i => Math.Exp(v[score][i]));
                sum -= lists.RowsOf(list).Sum(i => v[label][i] * Math.Log(Math.Exp(v[score][i]) / total));
            }
            v[loss][0] = sum / s.Lists;
            v[loss][1] += sum;
            v[loss][2] += s.Lists;
        });
    }

    private static void RecordLogits(Trial t, Shape s)
    {
        ListTrial lists = new(t, s.Lists, s.Longest, s.Capacity);
        Random random = t.Random("values");
        Tensor score = t.Batch("score", 1, gradient: false, fill: _ => s.Shift + s.Scale * (random.NextSingle() * 2 - 1));
        Tensor logit = t.Output("logit", 1, (int)(s.Scale * s.Longest), used: false);
        t.Op(new ListLogits(t.Device, lists.Items, score, logit));
        t.Reference(v =>
        {
            for (int list = 0; list < s.Lists; list++)
                foreach (int i in lists.RowsOf(list))
                    v[logit][i] = Math.Min(30, v[score][i] - Math.Log(lists.RowsOf(list).Where(j => j != i).Sum(j => Math.Exp(v[score][j]))));
        });
    }
}
