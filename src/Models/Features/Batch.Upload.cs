using System.Numerics;
using System.Runtime.InteropServices;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;

namespace GpuCtr.Models.Features;

public sealed partial class Batch
{
    /// <summary>Starts copying the prepared rows to the device. Indices that kernels use are checked once more, because they may have been changed since <see cref="Prepare"/>.</summary>
    /// <exception cref="InvalidOperationException">An index was changed and is outside its table.</exception>
    internal void Upload(Device device, ModelInputs to)
    {
        CheckRows((numbered?.Fields ?? vectorRows).Copy(device, to.Rows, (long)Rows * fieldOffsets.Length));
        numeric.Copy(device, to.Numeric, (long)Rows * Spec.N);
        labels.Copy(device, to.Label, Rows);
        (numbered?.Pairs ?? pairRows).Copy(device, to.PairRows, (long)Rows * Spec.PairCount);
        pairValues.Copy(device, to.PairValues, (long)Rows * Spec.PairCount);
        if (IsForTraining && Spec.HasWeights)
            weights.Copy(device, to.Weight!, Rows);
        if ((IsForTraining || numbered is not null) && sorter is not null)
            UploadLookups(device, to.Lookups);
        for (int s = 0; s < lists.Length; s++)
        {
            if (!IsRead(lists[s]))
                continue;
            lists[s].CheckShape(Rows);
            CheckRows(lists[s].Upload(device, to.SequenceRows, Rows, numbered?.Lists));
            if (lists[s].Field.Role == SequenceRole.Pooled)
                lists[s].UploadOffsets(device, to.PooledOffsets[s], Rows + 1L);
        }
        for (int group = 0; group < histories.Length; group++)
        {
            if (histories[group][0].Offsets[Rows] != Tokens[group])
                throw Changed(histories[group][0].Field.Name);
            histories[group][0].UploadOffsets(device, to.Groups[group].Offsets, Rows + 1L);
            owners[group].Copy(device, to.Groups[group].Owners, Tokens[group]);
        }
        UploadPredictions(device, to);
        UploadLists(device, to);
    }

    /// <summary>Prepares them again, which checks them; unchanged values stay the same.</summary>
    private void UploadPredictions(Device device, ModelInputs to)
    {
        if (Predictions is null)
            return;
        if (Predictions.Count != Tokens[^2])
            throw Changed("a prediction");
        PreparePredictions();
        Predictions.Upload(device, to.Predictions!, Rows);
    }

    private void UploadLists(Device device, ModelInputs to)
    {
        if (Lists is null)
            return;
        PrepareLists();
        Lists.Upload(device, to.Lists!, Rows);
    }

    private void CheckRows(ReadOnlySpan<int> rows)
    {
        // Compared as unsigned numbers, so that negative ones are too large.
        ReadOnlySpan<Vector<uint>> whole = MemoryMarshal.Cast<int, Vector<uint>>(rows);
        Vector<uint> most = default;
        foreach (Vector<uint> some in whole)
            most = Vector.Max(most, some);
        foreach (int row in rows[(whole.Length * Vector<uint>.Count)..])
            most = Vector.Max(most, new Vector<uint>((uint)row));
        // Without ids there is no table either.
        if (!rows.IsEmpty && Vector.GreaterThanOrEqualAny(most, new Vector<uint>((uint)totalRows)))
            throw Changed("an id");
    }

    private static InvalidOperationException Changed(string what) => new($"{what} of the batch was changed after Prepare; do not write to a batch between Prepare and its use");

    private void UploadLookups(Device device, SortedLookups to)
    {
        order.Copy(device, to.Order, segmentStart.Span[Segments]);
        segmentStart.Copy(device, to.SegmentStart, Segments + 1L);
        segmentRow.Copy(device, to.SegmentRow, Segments);
        segmentOfBlock.Copy(device, to.SegmentOfBlock, SortedLookups.Blocks(segmentStart.Span[Segments]));
        segmentCount.Span[0] = Segments;
        segmentCount.Copy(device, to.Count, 1);
        to.Segments = Segments;
    }
}
