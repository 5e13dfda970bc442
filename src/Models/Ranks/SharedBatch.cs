using System.Runtime.InteropServices;
using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Models.Features;

namespace GpuCtr.Models.Ranks;

/// <summary>Distributes the rows of a batch to the ranks: each gets consecutive rows, as equal in number as possible without dividing a list, and returns their logits.</summary>
/// <remarks>A row is sent as 4 bytes for each id, number, label and weight, much less than its vectors.</remarks>
/// <param name="device">The device of this rank.</param>
/// <param name="spec">The columns.</param>
/// <param name="batchSize">B: the most rows of a batch of all ranks.</param>
/// <param name="shards">Where table rows are.</param>
internal sealed class SharedBatch(Device device, FeatureSpec spec, int batchSize, RowShards shards) : IDisposable
{
    private readonly Communicator ranks = device.Ranks;
    private readonly Batch own = new(device, spec, MostRows(spec.HasLists, batchSize, device.Ranks.Size), shards);
    private readonly int[] cuts = new int[device.Ranks.Size + 1], sizes = new int[device.Ranks.Size], none = new int[device.Ranks.Size], sent = new int[device.Ranks.Size];
    private int[] message = [], part = [];
    private float[] logits = [];

    /// <summary>The most rows of a rank's part. A list may have all rows of a batch.</summary>
    public static int MostRows(bool lists, int batchSize, int ranks) => lists ? batchSize : (batchSize + ranks - 1) / ranks;

    /// <summary>This rank's part of a batch, prepared.</summary>
    /// <param name="whole">The batch, prepared, on rank 0; null on others.</param>
    /// <param name="training">Whether it will be trained on.</param>
    public Batch Take(Batch? whole, bool training)
    {
        int end = 0;
        if (whole is not null)
            Cut(whole);
        for (int r = 0; whole is not null && r < ranks.Size; r++)
        {
            int before = end;
            end = Pack(whole, training, r, end);
            sizes[r] = end - before;
        }
        ranks.Broadcast<int>(sizes, 0);
        Reserve(ref part, sizes[ranks.Rank]);
        Array.Clear(sent);
        sent[0] = sizes[ranks.Rank];
        ranks.AllToAllV(message.AsSpan(0, end), whole is null ? none : sizes, part.AsSpan(0, sent[0]), sent);
        Unpack(training);
        own.Prepare(training);
        return own;
    }

    /// <summary>Brings the logits of the parts to rank 0.</summary>
    /// <param name="mine">Those of this rank's part.</param>
    /// <param name="all">On rank 0, receives the logits of the batch; empty on others.</param>
    public void GiveBack(ReadOnlySpan<float> mine, Span<float> all)
    {
        int rows = own.Slice!.WholeRows;
        for (int r = 0; r < ranks.Size; r++)
            sizes[r] = cuts[r + 1] - cuts[r];
        Array.Clear(sent);
        sent[0] = mine.Length;
        ranks.AllToAllV(mine, sent, all[..(ranks.Rank == 0 ? rows : 0)], ranks.Rank == 0 ? sizes : none);
    }

    /// <summary>Room for the logits of this rank's part.</summary>
    public Span<float> Logits()
    {
        if (logits.Length < own.Rows)
            logits = new float[own.Capacity];
        return logits.AsSpan(0, own.Rows);
    }

    /// <inheritdoc/>
    public void Dispose() => own.Dispose();

    /// <summary>Finds the first row of each rank's part: at equal distances, or at the first list from there on.</summary>
    private void Cut(Batch whole)
    {
        for (int r = 0, list = 0; r <= ranks.Size; r++)
        {
            cuts[r] = (int)((long)whole.Rows * r / ranks.Size);
            while (whole.Lists is { } lists && lists.AllStarts[list] < cuts[r])
                list++;
            cuts[r] = whole.Lists?.AllStarts[list] ?? cuts[r];
        }
    }

    private bool IsRead(BatchSequence s, bool training) => training || s.Field.Role != SequenceRole.Negative;

    private int Pack(Batch whole, bool training, int rank, int at)
    {
        int first = cuts[rank], rows = cuts[rank + 1] - first, groups = spec.GroupCount;
        int size = 3 + 2 * groups + (spec.HasLists ? 3 + rows : 0) + rows * (spec.F + spec.N + 2) + whole.Sequences.Sum(s => IsRead(s, training) ? rows + s.Offsets[first + rows] - s.Offsets[first] : 0);
        Reserve(ref message, at + size);
        Put([first, rows, whole.Rows], ref at);
        for (int g = 0; g < groups; g++)
            (message[at++], message[at++]) = (FirstOf(whole, g).Offsets[first], FirstOf(whole, g).Offsets[whole.Rows]);
        if (spec.HasLists)
            PackLists(whole.Lists!.AllStarts, first, first + rows, ref at);
        Put(whole.TableRows.Slice(first * spec.F, rows * spec.F), ref at);
        Put(MemoryMarshal.Cast<float, int>(whole.Numeric.Slice(first * spec.N, rows * spec.N)), ref at);
        Put(MemoryMarshal.Cast<float, int>(whole.Labels.Slice(first, rows)), ref at);
        if (training && spec.HasWeights)
            Put(MemoryMarshal.Cast<float, int>(whole.Weights.Slice(first, rows)), ref at);
        foreach (BatchSequence s in whole.Sequences)
        {
            if (!IsRead(s, training))
                continue;
            for (int b = first; b < first + rows; b++)
                message[at++] = s.Offsets[b + 1] - s.Offsets[b];
            Put(s.TableRows[s.Offsets[first]..s.Offsets[first + rows]], ref at);
        }
        return at;
    }

    private void Unpack(bool training)
    {
        BatchSlice slice = own.Slice!;
        int at = 3, rows = part[1];
        (slice.FirstRow, slice.WholeRows, own.Rows) = (part[0], part[2], rows);
        for (int g = 0; g < spec.GroupCount; g++)
            (slice.FirstTokens[g], slice.WholeTokens[g]) = (part[at++], part[at++]);
        if (spec.HasLists)
            UnpackLists(slice, ref at);
        Get(own.TableRows[..(rows * spec.F)], ref at);
        Get(MemoryMarshal.Cast<float, int>(own.Numeric[..(rows * spec.N)]), ref at);
        Get(MemoryMarshal.Cast<float, int>(own.Labels[..rows]), ref at);
        if (training && spec.HasWeights)
            Get(MemoryMarshal.Cast<float, int>(own.Weights[..rows]), ref at);
        foreach (BatchSequence s in own.Sequences)
        {
            if (!IsRead(s, training))
                continue;
            for (int b = 0; b < rows; b++)
                s.Offsets[b + 1] = s.Offsets[b] + part[at++];
            Get(s.TableRows[..s.Offsets[rows]], ref at);
        }
    }

    /// <summary>Lists before a part, of the batch, and of the part with the rows of each.</summary>
    private void PackLists(ReadOnlySpan<int> starts, int firstRow, int endRow, ref int at)
    {
        int first = starts.IndexOf(firstRow), end = starts.IndexOf(endRow);
        Put([first, starts.Length - 1, end - first], ref at);
        for (int list = first; list < end; list++)
            message[at++] = starts[list + 1] - starts[list];
    }

    private void UnpackLists(BatchSlice slice, ref int at)
    {
        (slice.FirstTokens[^1], slice.WholeTokens[^1]) = (part[at++], part[at++]);
        own.Lists!.Clear();
        for (int lists = part[at++]; lists > 0; lists--)
            own.Lists.Add(part[at++]);
    }

    private static BatchSequence FirstOf(Batch batch, int group) => batch.Sequences.First(s => s.Field.Role == SequenceRole.History && s.Field.Group == group);

    private void Put(ReadOnlySpan<int> values, ref int at)
    {
        values.CopyTo(message.AsSpan(at));
        at += values.Length;
    }

    private void Get(Span<int> values, ref int at)
    {
        part.AsSpan(at, values.Length).CopyTo(values);
        at += values.Length;
    }

    private static void Reserve(ref int[] array, int length)
    {
        if (array.Length < length)
            Array.Resize(ref array, Math.Max(length, 2 * array.Length));
    }
}
