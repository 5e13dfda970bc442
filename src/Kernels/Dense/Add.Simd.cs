using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Dense;

public sealed unsafe partial class Add
{
    private const int BlockLength = 4096;

    private OpVariant Simd()
    {
        RowBlocks forward = RowBlocks.OfElements(device, BlockLength, ForwardElements), backward = RowBlocks.OfElements(device, BlockLength, BackwardElements);
        return new((in Pass pass) => forward.Run(Length(pass)), (in Pass pass) => backward.Run(Length(pass)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardElements(long first, long end)
    {
        for (long i = first; i < end; i += Lanes.Count)
        {
            int count = (int)Math.Min(Lanes.Count, end - i);
            Vector512<float> sum = Lanes.Load(inputs[0].Pointer + i, count) + Lanes.Load(inputs[1].Pointer + i, count);
            Lanes.Store(inputs.Length > 2 ? sum + Lanes.Load(inputs[2].Pointer + i, count) : sum, y.Pointer + i, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardElements(long first, long end)
    {
        foreach (Tensor.GradientSink dx in sinks)
            for (long i = first; i < end; i += Lanes.Count)
            {
                int count = (int)Math.Min(Lanes.Count, end - i);
                dx.Write(i, Lanes.Load(y.Gradient!.Pointer + i, count), count);
            }
    }
}
