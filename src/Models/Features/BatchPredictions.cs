using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models.Features;

/// <summary>The predictions of a batch of sequences: entry <see cref="Entries"/>[m] of the sequences predicts <see cref="Items"/>[m].</summary>
public sealed class BatchPredictions : IDisposable
{
    private readonly PinnedBuffer<int> entries, items, starts, candidates, right;
    private readonly SampledItems? sampling;

    // The items of all predictions and all draws, before duplicates are removed.
    private readonly int[] found;
    private int candidateCount;

    internal BatchPredictions(Device device, FeatureSpec spec, int capacity)
    {
        long most = (long)capacity * spec.MostPredictions;
        (entries, items, starts) = (new(device, most), new(device, most), new(device, capacity + 1));
        starts.Span.Clear();
        sampling = spec.Sampling;
        (candidates, right) = (new(device, Batch.CandidateCapacity(spec, capacity)), new(device, sampling is null ? 0 : most));
        found = new int[sampling is null ? 0 : most + sampling.Draws];
    }

    /// <summary>M.</summary>
    public int Count { get; private set; }

    /// <summary>(M) entries of the sequences, counted over all rows, in increasing order.</summary>
    public ReadOnlySpan<int> Entries => entries.Span[..Count];

    /// <summary>(M) rows of the embedding table of the correct items; equal to ids if the items' vocabulary is the first one.</summary>
    public ReadOnlySpan<int> Items => items.Span[..Count];

    /// <summary>Seeds the draw of candidates: a number that is unique among the training batches of a run.</summary>
    public ulong Number { get; set; }

    /// <summary>(C) table rows of the candidates, increasing: the classes of a sampled softmax; known after <see cref="Batch.Prepare"/> for training.</summary>
    public ReadOnlySpan<int> Candidates => candidates.Span[..candidateCount];

    /// <summary>Forgets all predictions, for the next batch.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds a prediction after the previous ones.</summary>
    /// <param name="entry">The entry at which it is made.</param>
    /// <param name="item">The table row of the item that is right; in a batch that is not trained on, any item.</param>
    /// <exception cref="ArgumentException">The entry is not after the previous one, or the slot is full.</exception>
    public void Add(int entry, int item)
    {
        if (Count == entries.Span.Length || entry < 0 || Count > 0 && entry <= entries.Span[Count - 1])
            throw new ArgumentException($"prediction {Count} of a batch, at entry {entry}: entries must increase, and a batch has at most {entries.Span.Length} predictions");
        (entries.Span[Count], items.Span[Count]) = (entry, item);
        Count++;
    }

    /// <summary>Checks every prediction, and finds those of each row.</summary>
    /// <exception cref="ArgumentException">A prediction is not within the sequences, or its item not within the vocabulary.</exception>
    internal void Prepare(BatchSequence sequence, int rows, bool training)
    {
        ReadOnlySpan<int> ends = sequence.Offsets[1..(rows + 1)];
        Span<int> first = starts.Span;
        int m = 0;
        for (int b = 0; b < rows; b++)
        {
            while (m < Count && entries.Span[m] < ends[b])
                m++;
            first[b + 1] = m;
        }
        if (m < Count)
            throw new ArgumentException($"prediction {m} of the batch is at entry {entries.Span[m]}, and its sequences have {(rows == 0 ? 0 : ends[^1])}");
        foreach (int row in Items)
            if ((uint)(row - sequence.TableOffset) >= (uint)sequence.VocabularyRows)
                throw new ArgumentException($"an item to predict, {row - sequence.TableOffset}, is outside the vocabulary of {sequence.Field.Name}, which has {sequence.VocabularyRows} rows");
        FindCandidates(training);
    }

    /// <summary>The distinct items that are predicted or drawn, in order, and the place of the right ones among them.</summary>
    private void FindCandidates(bool training)
    {
        candidateCount = 0;
        if (sampling is null || !training)
            return;
        Span<int> all = found.AsSpan(0, Count + sampling.Draws);
        foreach (int row in Items)
            if (!sampling.Items.Has(row))
                throw new ArgumentException($"an item to predict, {row}, is not one of the items {sampling.Items.First} to {sampling.Items.First + sampling.Items.Count - 1}");
        Items.CopyTo(all);
        for (int i = 0; i < sampling.Draws; i++)
            all[Count + i] = sampling.Draw(Number, i);
        all.Sort();
        foreach (int row in all)
            if (candidateCount == 0 || candidates.Span[candidateCount - 1] != row)
                candidates.Span[candidateCount++] = row;
        for (int m = 0; m < Count; m++)
            right.Span[m] = Candidates.BinarySearch(Items[m]);
    }

    internal void Upload(Device device, ModelInputs.PredictionInputs to, int rows)
    {
        entries.Copy(device, to.Entries.Entries, Count);
        starts.Copy(device, to.Entries.Starts, rows + 1L);
        items.Copy(device, to.Items, Count);
        candidates.Copy(device, to.Candidates, candidateCount);
        right.Copy(device, to.Right, candidateCount > 0 ? Count : 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        entries.Dispose();
        items.Dispose();
        starts.Dispose();
        candidates.Dispose();
        right.Dispose();
    }
}
