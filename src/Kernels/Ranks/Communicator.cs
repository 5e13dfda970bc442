using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;

namespace GpuCtr.Kernels.Ranks;

/// <summary>This rank among those that run together, and their collectives.</summary>
/// <remarks>
/// All ranks make the same calls in the same order, one at a time. A span may lie in managed memory, which is pinned for the call, or in
/// native memory. Elements have 1, 4 or 8 bytes. Spans of one call must not overlap. After the first call of a size, nothing is allocated.
/// </remarks>
public abstract unsafe class Communicator : IDisposable
{
    private readonly int[] equal;
    private readonly int[] slices;
    private readonly int[] mySlice;
    private byte[] scratch = [];
    private long since;

    private protected Communicator(int rank, int size)
    {
        (Rank, Size) = (rank, size);
        (equal, slices, mySlice) = (new int[size], new int[size], new int[size]);
    }

    /// <summary>Number of this rank: 0 to <see cref="Size"/> − 1.</summary>
    public int Rank { get; }

    /// <summary>Number of ranks.</summary>
    public int Size { get; }

    /// <summary>Ranks of each process: one, unless these are its threads.</summary>
    public virtual int Threads => 1;

    /// <summary>Where this rank runs.</summary>
    public RankPlace Place { get; private protected set; } = new("", 0, 1);

    /// <summary>Calls, bytes and time so far.</summary>
    public Traffic Traffic { get; } = new();

    /// <summary>For messages.</summary>
    public string Name => $"{(Threads == 1 ? "rank" : "slice")} {Rank} of {Size} on {Place.Host}";

    /// <summary>Whether this rank waits for rank 0 to give it something to do, which may take as long as reading takes.</summary>
    internal virtual bool IsIdle { get; set; }

    /// <summary>The collective that runs now, and for how long; null between calls. May be read on any thread.</summary>
    internal (Collective Collective, TimeSpan Elapsed)? Running =>
        Volatile.Read(ref since) is var begin and not 0 ? (Current, Stopwatch.GetElapsedTime(begin)) : null;

    /// <summary>The collective that the caller requested, which may consist of several calls.</summary>
    private protected Collective Current { get; private set; }

    /// <summary>Returns when all ranks have called it.</summary>
    public void Barrier()
    {
        long begin = Begin(Collective.Barrier);
        Meet();
        End(begin, 0, 0);
    }

    /// <summary>Copies the data of one rank to all.</summary>
    /// <param name="data">(N), with the same N on every rank.</param>
    /// <param name="root">The rank whose data all ranks get.</param>
    public void Broadcast<T>(Span<T> data, int root) where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)root, (uint)Size, nameof(root));
        fixed (T* at = data)
            Broadcast((byte*)at, data.Length, Unit<T>(), root);
    }

    /// <summary>Concatenates pieces of equal length from all ranks.</summary>
    /// <param name="own">(N), this rank's piece, with the same N on every rank.</param>
    /// <param name="all">(Size, N)</param>
    public void AllGather<T>(ReadOnlySpan<T> own, Span<T> all) where T : unmanaged
    {
        Array.Fill(equal, own.Length);
        AllGatherV(own, all, equal);
    }

    /// <summary>Concatenates pieces from all ranks.</summary>
    /// <param name="own">(counts[Rank]), this rank's piece.</param>
    /// <param name="all">(Σ counts)</param>
    /// <param name="counts">Elements of each rank; the same on every rank.</param>
    public void AllGatherV<T>(ReadOnlySpan<T> own, Span<T> all, ReadOnlySpan<int> counts) where T : unmanaged
    {
        Fits(all.Length, counts, nameof(all));
        ArgumentOutOfRangeException.ThrowIfNotEqual(own.Length, counts[Rank], nameof(own));
        fixed (T* from = own, to = all)
            AllGather((byte*)from, (byte*)to, counts, Unit<T>());
    }

    /// <summary>Sends a piece to every rank, and receives one from every rank; all pieces are equally long.</summary>
    /// <param name="send">(Size, N), by receiver.</param>
    /// <param name="receive">(Size, N), by sender.</param>
    public void AllToAll<T>(ReadOnlySpan<T> send, Span<T> receive) where T : unmanaged
    {
        Array.Fill(equal, send.Length / Size);
        AllToAllV(send, equal, receive, equal);
    }

    /// <summary>Sends a piece to every rank, and receives one from every rank.</summary>
    /// <param name="send">(Σ sendCounts), pieces in the order of receivers.</param>
    /// <param name="sendCounts">(Size), elements for each rank.</param>
    /// <param name="receive">(Σ receiveCounts), pieces in the order of senders.</param>
    /// <param name="receiveCounts">(Size), elements from each rank, equal to that rank's <paramref name="sendCounts"/> for this one.</param>
    public void AllToAllV<T>(ReadOnlySpan<T> send, ReadOnlySpan<int> sendCounts, Span<T> receive, ReadOnlySpan<int> receiveCounts) where T : unmanaged
    {
        Fits(send.Length, sendCounts, nameof(send));
        Fits(receive.Length, receiveCounts, nameof(receive));
        fixed (T* from = send, to = receive)
            AllToAll((byte*)from, sendCounts, (byte*)to, receiveCounts, Unit<T>());
    }

    /// <summary>Replaces values by their sums over all ranks, with the same bits on every rank and in every run with the same number of ranks.</summary>
    /// <param name="values">(N), with the same N on every rank.</param>
    public void AllReduceSum(Span<float> values) => Sum(values);

    /// <inheritdoc cref="AllReduceSum(Span{float})"/>
    public void AllReduceSum(Span<double> values) => Sum(values);

    /// <inheritdoc cref="AllReduceSum(Span{float})"/>
    public void AllReduceSum(Span<long> values) => Sum(values);

    /// <summary>How many ranks there are, in words.</summary>
    public override string ToString() => Threads == 1 ? $"{Size} ranks" : Threads == Size ? $"{Size} slices" : $"{Size} slices on {Size / Threads} ranks";

    /// <summary>Ends all ranks at once; may be called on any thread.</summary>
    /// <param name="exitCode">The exit code of the run.</param>
    public abstract void Abort(int exitCode);

    /// <summary>Leaves the other ranks, which all have to do the same.</summary>
    public abstract void Dispose();

    /// <inheritdoc cref="Broadcast{T}"/>
    internal void Broadcast(byte* data, int count, int unit, int root)
    {
        long begin = Begin(Collective.Broadcast), bytes = (long)count * unit;
        Spread(data, count, unit, root);
        End(begin, Rank == root ? bytes * (Size - 1) : 0, Rank == root ? 0 : bytes);
    }

    /// <inheritdoc cref="AllGatherV{T}"/>
    internal void AllGather(byte* own, byte* all, ReadOnlySpan<int> counts, int unit)
    {
        long begin = Begin(Collective.AllGather), mine = counts[Rank];
        Gather(own, all, counts, unit);
        End(begin, mine * (Size - 1) * unit, (Sum(counts) - mine) * unit);
    }

    /// <inheritdoc cref="AllToAllV{T}"/>
    internal void AllToAll(byte* send, ReadOnlySpan<int> sendCounts, byte* receive, ReadOnlySpan<int> receiveCounts, int unit)
    {
        long begin = Begin(Collective.AllToAll);
        Exchange(send, sendCounts, receive, receiveCounts, unit);
        End(begin, (Sum(sendCounts) - sendCounts[Rank]) * unit, (Sum(receiveCounts) - receiveCounts[Rank]) * unit);
    }

    /// <summary>Returns when all ranks have called it.</summary>
    private protected abstract void Meet();

    /// <summary>Copies the data of one rank to all.</summary>
    private protected abstract void Spread(byte* data, int count, int unit, int root);

    /// <summary>Concatenates pieces from all ranks.</summary>
    private protected abstract void Gather(byte* own, byte* all, ReadOnlySpan<int> counts, int unit);

    /// <summary>Sends a piece to every rank, and receives one from every rank.</summary>
    private protected abstract void Exchange(byte* send, ReadOnlySpan<int> sendCounts, byte* receive, ReadOnlySpan<int> receiveCounts, int unit);

    /// <summary>Every rank adds up one slice of the values and gives it to all. A library's own sum promises no order.</summary>
    private void Sum<T>(Span<T> values) where T : unmanaged, INumber<T>
    {
        for (int r = 0; r < Size; r++)
            slices[r] = (int)((r + 1L) * values.Length / Size - (long)r * values.Length / Size);
        int mine = slices[Rank];
        Array.Fill(mySlice, mine);
        Span<T> pieces = Scratch<T>(checked(mine * Size));
        long begin = Begin(Collective.AllReduce);
        fixed (T* all = values, parts = pieces)
        {
            Exchange((byte*)all, slices, (byte*)parts, mySlice, sizeof(T));
            RankTree.Sum(pieces, Size);
            Gather((byte*)parts, (byte*)all, slices, sizeof(T));
        }
        // Sending the slices of the others and receiving the pieces of this rank use the same counts.
        long bytes = ((long)values.Length - mine + (long)mine * (Size - 1)) * sizeof(T);
        End(begin, bytes, bytes);
    }

    private Span<T> Scratch<T>(int length) where T : unmanaged
    {
        if (scratch.Length < checked(length * sizeof(T)))
            scratch = GC.AllocateUninitializedArray<byte>(length * sizeof(T));
        return MemoryMarshal.Cast<byte, T>(scratch.AsSpan())[..length];
    }

    private long Begin(Collective collective)
    {
        Current = collective;
        long begin = Stopwatch.GetTimestamp();
        Volatile.Write(ref since, begin);
        return begin;
    }

    private void End(long begin, long sent, long received)
    {
        Volatile.Write(ref since, 0);
        Traffic.Add(Current, sent, received, Stopwatch.GetElapsedTime(begin));
    }

    private void Fits(int length, ReadOnlySpan<int> counts, string name)
    {
        foreach (int count in counts)
            if (count < 0)
                throw new ArgumentException($"a count of {count}", name);
        if (counts.Length != Size || Sum(counts) != length)
            throw new ArgumentException($"{length} elements for {counts.Length} counts of {Sum(counts)} in sum, at {Size} ranks", name);
    }

    internal static long Sum(ReadOnlySpan<int> counts)
    {
        long sum = 0;
        foreach (int count in counts)
            sum += count;
        return sum;
    }

    private static int Unit<T>() where T : unmanaged =>
        sizeof(T) is 1 or 4 or 8 ? sizeof(T) : throw new ArgumentException($"{typeof(T).Name} has {sizeof(T)} bytes; ranks exchange elements of 1, 4 or 8");
}
