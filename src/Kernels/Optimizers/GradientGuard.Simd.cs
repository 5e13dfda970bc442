using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Optimizers;

public sealed unsafe partial class GradientGuard
{
    private const int BlockLength = 16384;

    private Source current = null!;

    private (Action Measure, Action Decide) Simd(Workspace workspace)
    {
        Plan(workspace, static length => checked((int)((length + BlockLength - 1) / BlockLength)));
        RowBlocks blocks = RowBlocks.OfElements(device, BlockLength, (first, end) => partials.Pointer[current.FirstPartial + first / BlockLength] = SquaresOf(first, end));
        return (
            () =>
            {
                foreach (Source s in sources)
                {
                    current = s;
                    // Of a compact gradient only the rows of this batch count, not those after them.
                    partials.Span(s.FirstPartial, s.Partials).Clear();
                    blocks.Run(s.Length);
                }
            },
            Decide);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float SquaresOf(long first, long end)
    {
        Vector512<float> sum = default;
        for (long j = first; j < end; j += Lanes.Count)
        {
            int count = (int)Math.Min(Lanes.Count, end - j);
            Vector512<float> g = Lanes.Load(current.Gradient.Pointer + j, count);
            if (current.L2 != 0 && j < current.DecayLength)
                g += Lanes.Load(current.Weights.Pointer + j, (int)Math.Min(count, current.DecayLength - j)) * current.L2;
            sum = Vector512.FusedMultiplyAdd(g, g, sum);
        }
        return Vector512.Sum(sum);
    }

    private void Decide()
    {
        float sum = 0;
        for (int j = 0; j < partials.Length; j++)
            sum += partials.Pointer[j];
        float norm = MathF.Sqrt(sum), factor = FactorOf(*loss.Pointer, norm, clipNorm);
        float* decision = StepFactor.Pointer;
        decision[0] = factor;
        decision[1] = norm;
        decision[2] += factor == 0 ? 1 : 0;
        decision[3] = factor == 0 ? decision[3] + 1 : 0;
    }
}
