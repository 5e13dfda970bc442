using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Optimizers;

public sealed unsafe partial class DenseUpdate
{
    private const int BlockLength = 16384;

    private Action Simd()
    {
        RowBlocks blocks = RowBlocks.OfElements(device, BlockLength, Block);
        return () => blocks.Run(weights.Length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Block(long first, long end)
    {
        StepScalars s = *scalars.Pointer;
        float scale = *stepFactor.Pointer, epsilon = isTable ? s.TableEpsilon : s.DenseEpsilon;
        float* w0 = weights.Pointer, dw = weights.Gradient!.Pointer;
        Moments moments = State.Moments;
        for (long i = first; i < end; i += Lanes.Count)
        {
            int count = (int)Math.Min(Lanes.Count, end - i);
            Vector512<float> g = Lanes.Load(dw + i, count);
            if (isTable)
                Lanes.Store(default, dw + i, count);
            if (scale == 0)
                continue;
            Vector512<float> w = Lanes.Load(w0 + i, count);
            g = (i < decayLength ? g + w * l2 : g) * scale;
            moments.Update(rule, i, count, ref w, g, s, epsilon);
            Lanes.Store(w, w0 + i, count);
        }
    }
}
