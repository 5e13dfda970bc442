using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Reductions;
using ILGPU;

namespace GpuCtr.Kernels.Ranking;

/// <summary>On GPUs a group of threads counts along a row.</summary>
public sealed partial class ItemRanks
{
    // As in the softmax: enough to fill a GPU, and few enough that a group has several rows.
    private const int MostGroups = 4096;

    private static Count Groups(Device device)
    {
        Kernel<Args> kernel = new(device, RowGroupKernel);
        return (long rows, in Args args) => kernel.Run(new KernelConfig((int)Math.Min(rows, MostGroups), Device.GroupThreads), args);
    }

    private static void RowGroupKernel(Args a)
    {
        ArrayView<int> parts = SharedMemory.Allocate<int>(Device.GroupThreads);
        for (int r = Grid.IdxX; r < a.Rows; r += Grid.DimX)
        {
            long first = (long)r * a.V;
            int right = a.Right(r), lower = 0;
            float score = a.Scores[first + Math.Max(0, right)];
            for (int v = Group.IdxX; v < a.V; v += Group.DimX)
                lower += a.Scores[first + v] < score ? 1 : 0;
            int before = GroupSum.Before(parts, lower);
            if (Group.IdxX == Group.DimX - 1)
                a.Write(r, right, before + lower);
            Group.Barrier();
        }
    }
}
