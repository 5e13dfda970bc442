using GpuCtr.Kernels.Devices;

namespace GpuCtr.Models.Features;

public sealed partial class Batch
{
    /// <summary>Starts copying the prepared rows to the device.</summary>
    internal void Upload(Device device, ModelInputs to)
    {
        ids.CopyTo(device, to.Rows, (long)Rows * Spec.F);
        numeric.CopyTo(device, to.Numeric, (long)Rows * Spec.N);
        labels.CopyTo(device, to.Label, Rows);
        order.CopyTo(device, to.Positions.Order, segmentStart.Span[Segments]);
        segmentStart.CopyTo(device, to.Positions.SegmentStart, Segments + 1L);
        segmentRow.CopyTo(device, to.Positions.SegmentRow, Segments);
        to.Positions.Segments = Segments;
        for (int s = 0; s < Sequences.Length; s++)
        {
            Sequences[s].Upload(device, to.SequenceRows, ModelInputs.SequenceBase(Spec, Capacity, s), Rows);
            if (Sequences[s].Field.Role == SequenceRole.Pooled)
                Sequences[s].UploadOffsets(device, to.PooledOffsets[s], Rows + 1L);
        }
        for (int group = 0; group < to.Groups.Count; group++)
        {
            FirstOfGroup(group).UploadOffsets(device, to.Groups[group].Offsets, Rows + 1L);
            owners[group].CopyTo(device, to.Groups[group].Owners, Tokens[group]);
        }
    }
}
