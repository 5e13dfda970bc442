using GpuCtr.Data.Features;
using GpuCtr.Training.Scoring;

namespace GpuCtr;

/// <content>Which columns were set, so that a candidate can be merged with its context.</content>
public sealed partial class FeatureRow
{
    private readonly bool[] ownIds, ownNumbers, ownLists; // (F), (N), (list columns): whether the column was set

    /// <summary>Becomes the row of a candidate: the columns that the candidate sets, and the values of the context for all others.</summary>
    internal void Merge(FeatureRow context, FeatureRow candidate)
    {
        for (int f = 0; f < ids.Length; f++)
            ids[f] = candidate.ownIds[f] ? candidate.ids[f] : context.ids[f];
        for (int n = 0; n < numbers.Length; n++)
            numbers[n] = candidate.ownNumbers[n] ? candidate.numbers[n] : context.numbers[n];
        for (int s = 0; s < lists.Length; s++)
        {
            ReadOnlySpan<int> list = (candidate.ownLists[s] ? candidate : context).List(s);
            list.CopyTo(lists[s]);
            lengths[s] = list.Length;
        }

        Inner?.Merge(context.Inner!, candidate.Inner!);
    }

    /// <summary>The destination of a column, which counts as set from now on, even if the value is missing.</summary>
    private RowSlot Slot(string column)
    {
        RowSlot slot = Encoder.Slot(column);
        switch (slot.Column.Use)
        {
            case ColumnUse.Category: ownIds.AsSpan(slot.Index, slot.Parts).Fill(true); break;
            case ColumnUse.Number: ownNumbers.AsSpan(Encoder.NumberAt(slot.Index), Encoder.State.Numeric[slot.Index].Missing ? 2 : 1).Fill(true); break;
            case ColumnUse.Vector: ownNumbers.AsSpan(Encoder.VectorAt(slot.Index), Encoder.State.VectorColumns[slot.Index].Count()).Fill(true); break;
            case ColumnUse.List: ownLists[slot.Index] = true; break;
            default: throw new ArgumentOutOfRangeException(nameof(column), slot.Column.Use, "no such use");
        }

        return slot;
    }

    private void DisownAll()
    {
        Array.Clear(ownIds);
        Array.Clear(ownNumbers);
        Array.Clear(ownLists);
    }
}
