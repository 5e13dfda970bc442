using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Reductions;
using ILGPU;

namespace GpuCtr.Kernels.Ranking;

/// <summary>On GPUs a group of threads selects from a row.</summary>
public sealed partial class TopItems
{
    private const int MostGroups = 4096;

    private static Selection Groups(Device device)
    {
        Kernel<Args> kernel = new(device, RowGroupKernel);
        return (long rows, in Args args) => kernel.Run(new KernelConfig((int)Math.Min(rows, MostGroups), Device.GroupThreads), args);
    }

    private static void RowGroupKernel(Args a)
    {
        ArrayView<Candidate> halves = SharedMemory.Allocate<Candidate>(2 * Device.GroupThreads);
        int half = 0;
        for (int r = Grid.IdxX; r < a.Rows; r += Grid.DimX)
        {
            ArrayView<float> row = a.Scores.SubView((long)r * a.V, a.V);
            Candidate mine = Candidate.Next(row, Group.IdxX, Group.DimX, a.V, Candidate.BeforeAll);
            for (int k = 0; k < a.K; k++)
            {
                // Two halves in turn: threads that are late still read the best of the turn before.
                ArrayView<Candidate> parts = halves.SubView(half, Device.GroupThreads);
                half = Device.GroupThreads - half;
                GroupSum.Of(parts, mine, 1);
                Group.Barrier();
                Candidate best = parts[0];
                if (Group.IdxX == 0)
                    a.Write(r, k, best);
                // The other threads still have the best item of their share.
                if (best.Item >= 0 && best.Item == mine.Item)
                    mine = Candidate.Next(row, Group.IdxX, Group.DimX, a.V, best);
            }
        }
    }
}
