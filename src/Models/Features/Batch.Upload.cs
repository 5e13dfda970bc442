using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;

namespace GpuCtr.Models.Features;

public sealed partial class Batch
{
    /// <summary>Starts copying the prepared rows to the device.</summary>
    internal void Upload(Device device, ModelInputs to)
    {
        ids.CopyTo(device, to.Rows, (long)Rows * Spec.F);
        numeric.CopyTo(device, to.Numeric, (long)Rows * Spec.N);
        labels.CopyTo(device, to.Label, Rows);
        if (sorted)
            UploadPositions(device, to.Positions);
        for (int s = 0; s < Sequences.Length; s++)
        {
            Sequences[s].Upload(device, to.SequenceRows, Rows);
            if (Sequences[s].Field.Role == SequenceRole.Pooled)
                Sequences[s].UploadOffsets(device, to.PooledOffsets[s], Rows + 1L);
        }
        for (int group = 0; group < histories.Length; group++)
        {
            histories[group][0].UploadOffsets(device, to.Groups[group].Offsets, Rows + 1L);
            owners[group].CopyTo(device, to.Groups[group].Owners, Tokens[group]);
        }
    }

    private void UploadPositions(Device device, SortedPositions to)
    {
        order.CopyTo(device, to.Order, segmentStart.Span[Segments]);
        segmentStart.CopyTo(device, to.SegmentStart, Segments + 1L);
        segmentRow.CopyTo(device, to.SegmentRow, Segments);
        segmentOfBlock.CopyTo(device, to.SegmentOfBlock, SortedPositions.Blocks(segmentStart.Span[Segments]));
        segmentCount.Span[0] = Segments;
        segmentCount.CopyTo(device, to.Count, 1);
        to.Segments = Segments;
    }
}
