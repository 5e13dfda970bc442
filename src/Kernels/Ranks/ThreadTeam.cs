namespace GpuCtr.Kernels.Ranks;

/// <summary>The ranks that are threads of one process, and how what they exchange with those of other processes travels: in one call for all.</summary>
/// <remarks>Process p has the ranks p · <see cref="Threads"/> to (p + 1) · <see cref="Threads"/> − 1, so what goes to one process is together in what a rank sends.</remarks>
/// <param name="threads">Ranks of each process.</param>
/// <param name="processes">The processes.</param>
/// <param name="limit">How long a rank waits for the others of its process.</param>
internal sealed unsafe class ThreadTeam(int threads, Communicator processes, TimeSpan limit)
{
    private readonly int[] sent = new int[processes.Size], received = new int[processes.Size];
    private byte[] outgoing = [], incoming = [];

    /// <summary>Ranks of this process.</summary>
    public int Threads => threads;

    /// <summary>The first of them.</summary>
    public int First { get; } = processes.Rank * threads;

    /// <summary>The processes. Only the first rank of each makes their calls.</summary>
    public Communicator Processes => processes;

    /// <summary>Where the ranks of this process wait for each other.</summary>
    public Meeting Meeting { get; } = new(threads, limit, processes.Rank * threads);

    /// <summary>What each rank of this process does.</summary>
    public Post[] Posts { get; } = [.. Enumerable.Range(0, threads).Select(_ => new Post(threads * processes.Size))];

    /// <summary>Where the first rank of this process has gathered pieces of all ranks.</summary>
    public byte* Gathered { get; set; }

    /// <summary>Puts the pieces of the ranks of all processes behind each other.</summary>
    /// <param name="all">Receives them.</param>
    /// <param name="counts">Elements of each rank.</param>
    /// <param name="unit">Bytes of an element.</param>
    public void Gather(byte* all, ReadOnlySpan<int> counts, int unit)
    {
        for (int p = 0; p < received.Length; p++)
            received[p] = Of(counts, p);
        Reserve(ref outgoing, (long)received[processes.Rank] * unit);
        fixed (byte* own = outgoing)
        {
            byte* to = own;
            for (int t = 0; t < threads; t++)
                to = Append(to, Posts[t].Data, counts[First + t], unit);
            processes.AllGather(own, all, received, unit);
        }
    }

    /// <summary>Brings the pieces that ranks of this process exchange with those of others.</summary>
    /// <param name="unit">Bytes of an element.</param>
    public void Exchange(int unit)
    {
        for (int p = 0; p < sent.Length; p++)
            (sent[p], received[p]) = p == processes.Rank ? (0, 0) : (Elements(p, static post => post.Counts), Elements(p, static post => post.Expected));
        Reserve(ref outgoing, Communicator.Sum(sent) * unit);
        Reserve(ref incoming, Communicator.Sum(received) * unit);
        fixed (byte* send = outgoing, receive = incoming)
        {
            byte* to = send;
            for (int p = 0; p < sent.Length; p++)
                for (int t = 0; p != processes.Rank && t < threads; t++)
                    to = Append(to, Posts[t].Piece(p * threads), Of(Posts[t].Counts, p), unit);
            processes.AllToAll(send, sent, receive, received, unit);
        }
    }

    /// <summary>Copies what <see cref="Exchange"/> brought for one rank of this process to its places.</summary>
    /// <param name="thread">The rank, counted within the process.</param>
    /// <param name="receive">Pieces in the order of all ranks.</param>
    /// <param name="unit">Bytes of an element.</param>
    public void Unpack(int thread, byte* receive, int unit)
    {
        ReadOnlySpan<int> mine = Posts[thread].Expected;
        fixed (byte* brought = incoming)
        {
            byte* from = brought;
            for (int sender = 0; sender < mine.Length; receive += (long)mine[sender++] * unit)
                for (int t = 0; sender / threads != processes.Rank && t < threads; t++)
                {
                    int count = Posts[t].Expected[sender];
                    if (t == thread)
                        Append(receive, from, count, unit);
                    from += (long)count * unit;
                }
        }
    }

    /// <summary>Elements for the ranks of a process, or from them, of all ranks of this one.</summary>
    private int Elements(int process, Func<Post, ReadOnlySpan<int>> counts)
    {
        int sum = 0;
        for (int t = 0; t < threads; t++)
            sum = checked(sum + Of(counts(Posts[t]), process));
        return sum;
    }

    /// <summary>Elements of the ranks of a process.</summary>
    private int Of(ReadOnlySpan<int> counts, int process)
    {
        int sum = 0;
        foreach (int count in counts.Slice(process * threads, threads))
            sum = checked(sum + count);
        return sum;
    }

    private static byte* Append(byte* to, byte* from, int count, int unit)
    {
        long bytes = (long)count * unit;
        Buffer.MemoryCopy(from, to, bytes, bytes);
        return to + bytes;
    }

    private static void Reserve(ref byte[] buffer, long bytes)
    {
        if (buffer.Length < bytes)
            buffer = GC.AllocateUninitializedArray<byte>(checked((int)bytes));
    }
}
