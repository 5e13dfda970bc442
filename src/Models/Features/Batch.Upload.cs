using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models.Features;

public sealed partial class Batch
{
    /// <summary>Starts copying the prepared rows to the device.</summary>
    internal void Upload(Device device, DeviceArray<int> tableRows, Tensor numericTensor, Tensor label, SortedPositions positions)
    {
        ids.CopyTo(device, tableRows, (long)Rows * Spec.F);
        numeric.CopyTo(device, numericTensor, (long)Rows * Spec.N);
        labels.CopyTo(device, label, Rows);
        order.CopyTo(device, positions.Order, segmentStart.Span[Segments]);
        segmentStart.CopyTo(device, positions.SegmentStart, Segments + 1L);
        segmentRow.CopyTo(device, positions.SegmentRow, Segments);
        positions.Segments = Segments;
    }
}
