using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Optimizers;

/// <summary>
/// On GPUs up to 512 groups sum a gradient, 16 elements or more a thread, and one group the sums of all of them before it decides:
/// one launch for each gradient, and one. 4 bytes and 2 operations an element.
/// </summary>
public sealed partial class GradientGuard
{
    private const int ThreadElements = 16, MostGroups = 512;

    private (Action Measure, Action Decide) Gpu(Workspace workspace)
    {
        Plan(workspace, Groups);
        DeviceArray<int> all = NoLookups(workspace);
        Kernel<Args> measure = new(device, MeasureGroupKernel);
        Kernel<DecideArgs> decide = new(device, DecideGroupKernel);
        return (
            () =>
            {
                foreach (Source s in sources)
                    measure.Run(new KernelConfig(s.Partials, Device.GroupThreads), Bind(s, partials, all));
            },
            () => decide.Run(new KernelConfig(1, Device.GroupThreads), new(StepFactor.View, partials.View, loss.View, (int)partials.Length, clipNorm)));
    }

    /// <summary>Depends only on the length, and so does the order of the sum.</summary>
    private static int Groups(long length) => (int)Math.Clamp(length / (ThreadElements * Device.GroupThreads), 1, MostGroups);

    private static void MeasureGroupKernel(Args a)
    {
        ArrayView<Float1> parts = SharedMemory.Allocate<Float1>(Device.GroupThreads);
        long end = a.Count, i = Grid.GlobalLinearIndex, step = GridLoop.Stride;
        float sum = 0;
        for (; i + 3 * step < end; i += 4 * step)
            sum += a.Square(i) + a.Square(i + step) + (a.Square(i + 2 * step) + a.Square(i + 3 * step));
        for (; i < end; i += step)
            sum += a.Square(i);
        Float1 total = GroupSum.Of(parts, new Float1(sum), 1);
        if (Group.IdxX == 0)
            a.Partials[Grid.IdxX] = total.X;
    }

    private static void DecideGroupKernel(DecideArgs a)
    {
        ArrayView<Float1> parts = SharedMemory.Allocate<Float1>(Device.GroupThreads);
        float sum = 0;
        for (int i = Group.IdxX; i < a.Count; i += Group.DimX)
            sum += a.Partials[i];
        Float1 total = GroupSum.Of(parts, new Float1(sum), 1);
        if (Group.IdxX == 0)
            Decide(a, total.X);
    }
}
