using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Loss;

public sealed unsafe partial class ListCrossEntropy
{
    private const int BlockLists = 64;

    // L of this pass.
    private int count;

    private PassWork Simd(Workspace workspace)
    {
        Tensor partials = workspace.Tensor("loss partials", (score.Rows + BlockLists - 1) / BlockLists, 1);
        RowBlocks blocks = new(workspace.Device, BlockLists, (first, end) => partials.Pointer[first / BlockLists] = SumOf(first, end));
        return (in Pass pass) =>
        {
            count = CountOf(pass);
            float sum = 0;
            for (int i = 0, end = blocks.Run(lists.Count(pass)); i < end; i++)
                sum += partials.Pointer[i];
            loss.Pointer[0] = sum / count;
            loss.Pointer[1] += sum;
            loss.Pointer[2] += lists.Count(pass);
        };
    }

    private float SumOf(int firstList, int endList)
    {
        float total = 0;
        for (int list = firstList; list < endList; list++)
        {
            (int first, int n) = lists.Of(list);
            float* s = score.Pointer + first, y = label.Pointer + first, ds = score.Gradient!.Pointer + first;
            float highest = float.NegativeInfinity, sum = 0, clicks = 0, clicked = 0;
            for (int i = 0; i < n; i++)
                highest = MathF.Max(highest, s[i]);
            for (int i = 0; i < n; i++)
            {
                sum += ds[i] = MathF.Exp(s[i] - highest);
                clicks += y[i];
                clicked += y[i] * (s[i] - highest);
            }
            for (int i = 0; i < n; i++)
                ds[i] = (clicks * ds[i] / sum - y[i]) / count;
            total += n == 0 ? 0 : clicks * MathF.Log(sum) - clicked;
        }
        return total;
    }
}
