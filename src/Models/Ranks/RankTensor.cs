using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models.Ranks;

/// <summary>A tensor of all ranks as rank 0 reads and writes it: as if it were in one piece on its device.</summary>
/// <remarks>A tensor of which every rank has a copy, or a table whose rows are divided among ranks. Rank 0 holds only the piece that it reads or writes at a time.</remarks>
internal sealed class RankTensor : Tensor
{
    private readonly Tensor own;
    private readonly RowShards? shards;
    private readonly Communicator ranks;
    private readonly RankOrders orders;
    private readonly int number;
    private readonly int[] counts, none;

    /// <param name="own">What this rank has.</param>
    /// <param name="shards">Which rows of the whole these are; null: all.</param>
    /// <param name="ranks">The ranks.</param>
    /// <param name="orders">How rank 0 tells the others.</param>
    /// <param name="number">Identifies it among the tensors of its model.</param>
    public RankTensor(Tensor own, RowShards? shards, Communicator ranks, RankOrders orders, int number) : base(own.Name, shards?.Rows ?? own.Rows, own.Columns, own.RowKind)
    {
        (this.own, this.shards, this.ranks, this.orders, this.number) = (own, shards, ranks, orders, number);
        (counts, none) = (new int[ranks.Size], new int[ranks.Size]);
    }

    /// <inheritdoc/>
    public override void Write(Device device, ReadOnlySpan<float> source, long offset = 0)
    {
        if (source.IsEmpty)
            return;
        orders.Give(Order.Write, number, offset, source.Length);
        float[] all = source.ToArray();
        Spread(device, all, offset);
    }

    /// <inheritdoc/>
    public override void Read(Device device, Span<float> target, long offset = 0)
    {
        if (target.IsEmpty)
            return;
        if (shards is null)
        {
            own.Read(device, target, offset);
            return;
        }
        orders.Give(Order.Read, number, offset, target.Length);
        float[] pieces = Gather(device, offset, target.Length);
        int at = 0;
        for (int r = 0; r < ranks.Size; r++)
            at = CopyPiece(r, offset, target, pieces, at, toWhole: true);
    }

    /// <summary>The part of the other ranks in <see cref="Write"/>.</summary>
    public void FollowWrite(Device device, long offset, int count) => Spread(device, new float[count], offset);

    /// <summary>The part of the other ranks in <see cref="Read"/>.</summary>
    public void FollowRead(Device device, long offset, int count) => Gather(device, offset, count);

    private void Spread(Device device, float[] all, long offset)
    {
        ranks.Broadcast<float>(all, 0);
        if (shards is null)
        {
            own.Write(device, all, offset);
            return;
        }
        (long first, long end) = Piece(ranks.Rank, offset, all.Length);
        float[] mine = new float[end - first];
        CopyPiece(ranks.Rank, offset, all, mine, 0, toWhole: false);
        own.Write(device, mine, first);
    }

    /// <summary>On rank 0, the concatenated pieces of all ranks.</summary>
    private float[] Gather(Device device, long offset, int count)
    {
        for (int r = 0; r < ranks.Size; r++)
        {
            (long begin, long behind) = Piece(r, offset, count);
            counts[r] = (int)(behind - begin);
        }
        (long first, long end) = Piece(ranks.Rank, offset, count);
        float[] mine = new float[end - first];
        own.Read(device, mine, first);
        float[] pieces = new float[ranks.Rank == 0 ? count : 0];
        int[] sent = new int[ranks.Size];
        sent[0] = mine.Length;
        ranks.AllToAllV<float>(mine, sent, pieces, ranks.Rank == 0 ? counts : none);
        return pieces;
    }

    /// <summary>The elements of a rank among <paramref name="count"/> of the whole: the rows of one rank keep their order on it.</summary>
    private (long First, long End) Piece(int rank, long offset, long count)
    {
        return (Of(offset), Of(offset + count));

        long Of(long element)
        {
            (long row, long column) = Math.DivRem(element, Columns);
            return row % ranks.Size == rank ? row / ranks.Size * Columns + column : shards!.FirstFrom(row, rank) * Columns;
        }
    }

    /// <summary>Copies the elements of one rank between a part of the whole and its piece; returns where the piece ends.</summary>
    private int CopyPiece(int rank, long offset, Span<float> whole, Span<float> pieces, int at, bool toWhole)
    {
        long end = offset + whole.Length;
        for (long row = shards!.FirstFrom(offset / Columns, rank) * ranks.Size + rank; row * Columns < end; row += ranks.Size)
        {
            long first = Math.Max(offset, row * Columns), behind = Math.Min(end, (row + 1) * Columns);
            Span<float> there = whole[(int)(first - offset)..(int)(behind - offset)], here = pieces.Slice(at, there.Length);
            if (toWhole)
                here.CopyTo(there);
            else
                there.CopyTo(here);
            at += there.Length;
        }
        return at;
    }
}
