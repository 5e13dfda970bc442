using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Loss;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Ranking;

/// <summary>Leaves the items of each row's own sequence out: their scores become −∞, except that of the correct item.</summary>
public sealed unsafe class LeaveOut
{
    private readonly BehaviourHistory own;
    private readonly SoftmaxCrossEntropy.OutputRows rows;
    private readonly DeviceArray<int>? targets;
    private readonly Kernel<Args>? kernel;

    /// <param name="device">The device.</param>
    /// <param name="own">The sequences, with the entries that predict.</param>
    /// <param name="rows">The rows of the table that are items.</param>
    /// <param name="targets">(M) table rows of the items that are right, or null.</param>
    internal LeaveOut(Device device, BehaviourHistory own, SoftmaxCrossEntropy.OutputRows rows, DeviceArray<int>? targets)
    {
        (this.own, this.rows, this.targets) = (own, rows, targets);
        kernel = device.Select(() => new Kernel<Args>(device, Kernel), () => null);
    }

    /// <summary>Kernel arguments: scores of a block, and the sequences.</summary>
    public readonly record struct Args(
        ArrayView<float> Scores, ArrayView<int> Entries, ArrayView<int> Owners, ArrayView<int> Offsets, ArrayView<int> Items, ArrayView<int> Bases, ArrayView<int> Targets, int HasTargets, int Count, int V, int FirstItem);

    /// <summary>Runs on a block of scores.</summary>
    internal void Run(Tensor scores, int first, int count)
    {
        if (count == 0)
            return;
        PredictedEntries predictions = own.Predictions!;
        if (kernel is null)
        {
            OnHost(scores.Pointer, first, count);
            return;
        }
        ArrayView<int> entries = predictions.Entries.View.SubView(first);
        kernel.Run(count, new(
            scores.View, entries, own.Owners.View, own.Offsets.View, own.Rows.View, own.Bases.View, targets is null ? entries : targets.View.SubView(first), targets is null ? 0 : 1, count, rows.Count, rows.First));
    }

    /// <summary>One item = one row.</summary>
    private static void Kernel(Args a)
    {
        for (int r = Grid.GlobalLinearIndex; r < a.Count; r += GridLoop.Stride)
        {
            int owner = a.Owners[a.Entries[r]], end = a.Offsets[owner + 1], start = a.Bases[0];
            int right = a.HasTargets != 0 ? a.Targets[r] : -1;
            for (int t = a.Offsets[owner]; t < end; t++)
            {
                int item = a.Items[start + t], v = item - a.FirstItem;
                if (v >= 0 && v < a.V && item != right)
                    a.Scores[(long)r * a.V + v] = float.NegativeInfinity;
            }
        }
    }

    private void OnHost(float* scores, int first, int count)
    {
        int* items = own.Rows.Pointer + own.Bases.Pointer[0];
        for (int r = 0; r < count; r++)
        {
            int owner = own.Owners.Pointer[own.Predictions!.Entries.Pointer[first + r]], right = targets is null ? -1 : targets.Pointer[first + r];
            for (int t = own.Offsets.Pointer[owner]; t < own.Offsets.Pointer[owner + 1]; t++)
                if (items[t] != right && (uint)(items[t] - rows.First) < (uint)rows.Count)
                    scores[(long)r * rows.Count + items[t] - rows.First] = float.NegativeInfinity;
        }
    }
}
