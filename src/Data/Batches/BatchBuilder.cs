using GpuCtr.Data.Features;
using GpuCtr.Data.Splits;
using GpuCtr.Models.Features;

namespace GpuCtr.Data.Batches;

/// <summary>Copies encoded rows into a batch. Allocates nothing.</summary>
/// <param name="spec">Its columns.</param>
/// <param name="part">Which columns and which entries of sequences are meant.</param>
/// <param name="weightScale">Factor on weights.</param>
internal sealed class BatchBuilder(FeatureSpec spec, RowPart part, float weightScale = 1)
{
    /// <summary>Empties a batch.</summary>
    public void Start(Batch batch)
    {
        batch.Rows = 0;
        batch.Lists?.Clear();
        for (int s = 0; s < batch.Sequences.Length; s++)
            batch.Sequences[s].Offsets[0] = 0;
    }

    /// <summary>Appends <paramref name="count"/> rows, from position <paramref name="first"/> of the window's order on; whole lists if rows are grouped into lists.</summary>
    public void Append(Batch batch, ShuffleWindow window, int first, int count)
    {
        int fields = spec.F, numbers = spec.N, hint = 0;
        Span<int> tableRows = batch.TableRows; // (B, F)
        Span<float> numeric = batch.Numeric; // (B, N)
        Span<float> labels = batch.Labels, weights = batch.Weights; // (B)
        for (int i = 0; i < count; i++)
        {
            int number = window.Order[first + i];
            EncodedBlock block = window.BlockOf(number, ref hint);
            int from = number - window.Starts[hint], to = batch.Rows + i;
            block.TableRows.AsSpan(from * fields, fields).CopyTo(tableRows.Slice(to * fields, fields));
            if (numbers > 0)
                block.Numeric.AsSpan(from * numbers, numbers).CopyTo(numeric.Slice(to * numbers, numbers));
            labels[to] = block.Labels[from];
            if (!weights.IsEmpty)
                weights[to] = block.Weights.Length > 0 ? weightScale * block.Weights[from] : 1;
            part.Without?.Blank(batch, to);
            batch.GroupKeys[to] = block.GroupKeys.Length > 0 ? block.GroupKeys[from] : 0;
        }

        if (spec.Items is not null)
            AppendSequences(batch, window, first, count);
        // A batch for training also has negatives, which only blocks that are trained on may have.
        for (int s = 0; spec.Items is null && s < Math.Min(batch.Sequences.Length, window.Blocks[0].Sequences.Length); s++)
            AppendLists(batch, window, first, count, s);
        if (batch.Lists is not null && window.ListEnds is not null)
            window.AddLists(batch.Lists, first, count);
        batch.Rows += count;
    }

    private void AppendSequences(Batch batch, ShuffleWindow window, int first, int count)
    {
        int hint = 0;
        for (int i = 0; i < count; i++)
        {
            int number = window.Order[first + i];
            EncodedSequence list = window.BlockOf(number, ref hint).Sequences[0];
            int row = number - window.Starts[hint], start = list.Offsets[row];
            ItemPredictions.Read(batch, batch.Rows + i, list.TableRows.AsSpan(start, part.EntriesOf(list.Offsets[row + 1] - start)), isNext: part.Sequences == SequencePart.Next);
        }
    }

    private void AppendLists(Batch batch, ShuffleWindow window, int first, int count, int s)
    {
        Span<int> tableRows = batch.Sequences[s].TableRows, offsets = batch.Sequences[s].Offsets;
        int end = offsets[batch.Rows], hint = 0;
        bool isEmpty = part.Without?.Has(batch.Spec, s) == true;
        for (int i = 0; i < count; i++)
        {
            int number = window.Order[first + i];
            EncodedSequence list = window.BlockOf(number, ref hint).Sequences[s];
            int row = number - window.Starts[hint];
            int start = list.Offsets[row], length = isEmpty ? 0 : list.Offsets[row + 1] - start;
            list.TableRows.AsSpan(start, length).CopyTo(tableRows.Slice(end, length));
            end += length;
            offsets[batch.Rows + i + 1] = end;
        }
    }
}
