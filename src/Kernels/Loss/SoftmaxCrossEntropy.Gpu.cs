using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Reductions;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Loss;

/// <summary>On GPUs the products run in tiles, on tensor cores or in the library, and a group of threads normalizes a row: it reads the row twice and writes it once.</summary>
public sealed partial class SoftmaxCrossEntropy
{
    private const int MostGroups = 4096;

    private Softmax Groups()
    {
        Kernel<Args> kernel = new(device, RowGroupKernel);
        return (long count, in Args args) =>
        {
            if (count > 0)
                kernel.Run(new KernelConfig((int)Math.Min(count, MostGroups), Device.GroupThreads), args);
        };
    }

    /// <summary>One group = one row at a time.</summary>
    private static void RowGroupKernel(Args a)
    {
        ArrayView<LogSum> parts = SharedMemory.Allocate<LogSum>(Device.GroupThreads);
        for (int r = Grid.IdxX; r < a.Rows; r += Grid.DimX)
        {
            long first = (long)r * a.V;
            int target = a.Targets[r] - a.FirstItem;
            LogSum sum = LogSum.None;
            for (int v = Group.IdxX; v < a.V; v += Group.DimX)
                sum = sum.With(a.Logit(first, v, target));
            GroupSum.Of(parts, sum, 1);
            Group.Barrier();
            sum = parts[0];
            if (Group.IdxX == 0)
                a.Losses[r] = Args.Loss(sum, a.Logit(first, target, target));
            Group.Barrier();
            for (int v = Group.IdxX; v < a.V; v += Group.DimX)
                a.Logits[first + v] = a.Gradient(a.Logit(first, v, target), sum, v, target);
        }
    }
}
