using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Data.Batches;

/// <summary>
/// The entries of a sequence that a model of next items reads and predicts. In training, a model with masks reads the last T entries and predicts the masked ones; a model
/// without masks reads the T entries before the last and predicts the next item after each. In prediction, both predict one item after the sequence; the former reads a mask there.
/// </summary>
internal static class ItemPredictions
{
    /// <summary>Copies the entries of a row to the batch, and stores the last one if it is the item to predict.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="b">The row; those before it are read.</param>
    /// <param name="entries">Its entries, oldest first, the answer included.</param>
    /// <param name="isNext">Whether the item to predict is unknown, because it follows after all entries.</param>
    public static void Read(Batch batch, int b, ReadOnlySpan<int> entries, bool isNext)
    {
        BatchSequence sequence = batch.Sequences[0];
        int mask = sequence.TableOffset + batch.Spec.Items!.Mask, most = sequence.Field.MaxLength;
        // Nothing is predicted for an empty sequence.
        bool asked = entries.Length >= (isNext ? 1 : 2);
        batch.NextItems[b] = !asked ? Batch.NoItem : isNext ? mask : entries[^1];
        bool masks = batch.Spec.Predicts == Predictions.MaskedItems, appends = masks && isNext && asked;
        if (!masks && !isNext && !entries.IsEmpty)
            entries = entries[..^1];
        entries = entries[Math.Max(0, entries.Length - (appends ? most - 1 : most))..];
        int start = sequence.Offsets[b], end = start + entries.Length;
        entries.CopyTo(sequence.TableRows[start..]);
        if (appends)
            sequence.TableRows[end++] = mask;
        sequence.Offsets[b + 1] = end;
    }

    /// <summary>Sets the predictions of a batch for prediction: the next item of each row, unless its sequence is empty.</summary>
    public static void Ask(Batch batch)
    {
        BatchSequence sequence = batch.Sequences[0];
        int mask = sequence.TableOffset + batch.Spec.Items!.Mask;
        batch.Predictions!.Clear();
        for (int b = 0; b < batch.Rows; b++)
        {
            if (batch.NextItems[b] == Batch.NoItem)
                continue;
            int last = sequence.Offsets[b + 1] - 1;
            if (batch.Spec.Predicts == Predictions.MaskedItems)
                sequence.TableRows[last] = mask;
            batch.Predictions.Add(last, batch.NextItems[b]);
        }
    }

    /// <summary>Sets the predictions of a batch for training. An entry that is not an item (missing or OOV) is read but not predicted.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="masks">Draws the masked entries; null if the model has no masks.</param>
    /// <param name="epoch">Number of the epoch.</param>
    /// <param name="firstRow">Number of its first row in the order of the epoch.</param>
    public static void Train(Batch batch, ItemMasks? masks, int epoch, long firstRow)
    {
        batch.Predictions!.Clear();
        batch.Predictions.Number = ((ulong)epoch << FirstRowBits) + (ulong)firstRow;
        Span<bool> masked = stackalloc bool[masks is null ? 0 : Math.Min(batch.Sequences[0].Field.MaxLength, MostOnStack)];
        if (masks is not null && masked.Length < batch.Sequences[0].Field.MaxLength)
            masked = new bool[batch.Sequences[0].Field.MaxLength];
        for (int b = 0; b < batch.Rows; b++)
        {
            if (masks is null)
                PredictNext(batch, b);
            else
                Mask(batch, b, masked, masks, firstRow + b, epoch);
        }
    }

    // Fewer rows than 2⁴⁸ are in an epoch.
    private const int MostOnStack = 4096, FirstRowBits = 48;

    private static void PredictNext(Batch batch, int b)
    {
        BatchSequence sequence = batch.Sequences[0];
        int end = sequence.Offsets[b + 1];
        for (int t = sequence.Offsets[b]; t < end; t++)
        {
            int next = t + 1 < end ? sequence.TableRows[t + 1] : batch.NextItems[b];
            if (batch.Spec.Items!.Has(next - sequence.TableOffset))
                batch.Predictions!.Add(t, next);
        }
    }

    private static void Mask(Batch batch, int b, Span<bool> masked, ItemMasks masks, long row, int epoch)
    {
        BatchSequence sequence = batch.Sequences[0];
        int start = sequence.Offsets[b], length = sequence.Offsets[b + 1] - start;
        masks.Draw(masked[..length], row, epoch);
        for (int t = 0; t < length; t++)
        {
            int item = sequence.TableRows[start + t];
            if (!masked[t] || !batch.Spec.Items!.Has(item - sequence.TableOffset))
                continue;
            batch.Predictions!.Add(start + t, item);
            sequence.TableRows[start + t] = sequence.TableOffset + batch.Spec.Items.Mask;
        }
    }
}
