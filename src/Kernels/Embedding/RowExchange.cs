using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Embedding;

/// <summary>Brings the table rows of a batch from the ranks that have them, and their gradients back: one exchange for all tables of a model.</summary>
/// <remarks>
/// A rank requests the distinct rows of its part of the batch (U in total), sorted by <see cref="RowShards.Place"/>: so the data for one
/// rank is contiguous in every array, and returns in the same order. An owner groups the requests by row, like the lookups of a batch, in the
/// order of ranks, and sums, updates and catches up its rows by that as a model of one rank does.
/// A step moves 4 bytes for a row, and 4·D each way for each table, for rows owned by other ranks.
/// </remarks>
public sealed class RowExchange
{
    private readonly Device device;
    private readonly Communicator ranks;
    private readonly LookupSorter sorter;
    private readonly int[] askedOf, askedBy, counts, otherCounts, requests, order, starts, rows, blocks;
    private int asked;

    /// <param name="workspace">Reserves the owner's lookups.</param>
    /// <param name="rows">ΣV.</param>
    /// <param name="most">Distinct rows that one rank's part of a batch may have.</param>
    public RowExchange(Workspace workspace, long rows, int most)
    {
        (device, ranks) = (workspace.Device, workspace.Device.Ranks);
        if (device.Kind != DeviceKind.Cpu)
            throw new KernelException($"several ranks: rows can be exchanged only between CPUs so far, not with {device}; take --device cpu");
        Shards = new RowShards(ranks.Rank, ranks.Size, rows);
        if (Shards.OwnRows * ranks.Size > int.MaxValue)
            throw new KernelException($"{rows} table rows on {ranks.Size} ranks are more than {int.MaxValue}; set --hash-buckets or raise --min-count");
        int capacity = checked((int)Math.Min(most, Shards.OwnRows) * ranks.Size);
        Owned = new SortedLookups(workspace, capacity, ranks.Size);
        sorter = new LookupSorter(capacity);
        (askedOf, askedBy, counts, otherCounts) = (new int[ranks.Size], new int[ranks.Size], new int[ranks.Size], new int[ranks.Size]);
        (requests, order, starts, this.rows, blocks) = (new int[capacity], new int[capacity], new int[capacity + 1], new int[capacity], new int[SortedLookups.Blocks(capacity)]);
    }

    /// <summary>Which rank has which rows.</summary>
    public RowShards Shards { get; }

    /// <summary>The requests for rows of this rank, grouped by row; a lookup is the index of a request.</summary>
    public SortedLookups Owned { get; }

    /// <summary>Sends the owners the requests of this rank's part of the batch.</summary>
    /// <param name="places">(U) their <see cref="RowShards.Place"/>, ascending.</param>
    public void Ask(ReadOnlySpan<int> places)
    {
        Array.Clear(askedOf);
        foreach (int place in places)
            askedOf[place / Shards.OwnRows]++;
        ranks.AllToAll<int>(askedOf, askedBy);
        asked = askedBy.Sum();
        Span<int> mine = requests.AsSpan(0, asked);
        ranks.AllToAllV(places, askedOf, mine, askedBy);
        int first = (int)(ranks.Rank * Shards.OwnRows);
        sorter.Clear();
        for (int i = 0; i < asked; i++)
            sorter.Add(mine[i] -= first, i);
        Owned.Write(device, sorter, (int)Shards.OwnRows, order, starts, rows, blocks);
    }

    /// <summary>Sends rows to the ranks that requested them.</summary>
    /// <param name="table">The rows of this rank.</param>
    /// <param name="gathered">(R, D) for those that are sent.</param>
    /// <param name="to">(1 + U, D): receives the rows that this rank has requested, from row 1 on.</param>
    public void Fetch(Tensor table, Tensor gathered, Tensor to)
    {
        int d = to.Columns;
        if (d == 0)
            return;
        device.Wait();
        Span<float> outgoing = gathered.Span(0, asked * d);
        for (int i = 0; i < asked; i++)
            table.Span((long)requests[i] * d, d).CopyTo(outgoing[(i * d)..]);
        ranks.AllToAllV<float>(outgoing, Scaled(askedBy, counts, d), to.Span(d, askedOf.Sum() * d), Scaled(askedOf, otherCounts, d));
    }

    /// <summary>Sends the gradients of rows to their owners.</summary>
    /// <param name="sums">(U, D) gradients of the rows that this rank has requested.</param>
    /// <param name="to">(R, D): receives the gradients for the requests of this rank's rows.</param>
    public void Return(Tensor sums, Tensor to)
    {
        int d = to.Columns;
        if (d == 0)
            return;
        device.Wait();
        ranks.AllToAllV<float>(sums.Span(0, askedOf.Sum() * d), Scaled(askedOf, counts, d), to.Span(0, asked * d), Scaled(askedBy, otherCounts, d));
    }

    private static int[] Scaled(int[] rows, int[] to, int columns)
    {
        for (int r = 0; r < rows.Length; r++)
            to[r] = rows[r] * columns;
        return to;
    }
}
