using GpuCtr.Kernels.Ranks;

namespace GpuCtr.Kernels.Tests.Ranks;

[Trait("Speed", "Fast")]
public sealed class ThreadCommunicatorTests
{
    private static readonly TimeSpan soon = TimeSpan.FromMilliseconds(300);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    public void Collectives_give_what_each_rank_gave(int size) => ThreadCommunicator.Run(size, CollectiveCases.Run);

    /// <summary>Processes of several ranks each, which are threads of threads here.</summary>
    [Theory]
    [InlineData(2, 2)]
    [InlineData(2, 3)]
    [InlineData(3, 2)]
    [InlineData(4, 1)]
    public void They_do_so_where_each_process_has_several_ranks(int processes, int threads) => Run(processes, threads, ranks =>
    {
        Assert.Equal((processes * threads, threads), (ranks.Size, ranks.Threads));
        CollectiveCases.Run(ranks);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_rank_that_fails_ends_those_of_all_processes(int rank) => Assert.Equal("rows", Assert.Throws<InvalidDataException>(() => Run(2, 2, ranks =>
    {
        if (ranks.Rank == rank)
            throw new InvalidDataException("rows");
        ranks.AllReduceSum(new float[4]);
    })).Message);

    [Fact]
    public void Counts_that_differ_between_processes_are_noticed() => Assert.Contains("sends", Assert.Throws<CommunicatorException>(() => Run(2, 2, ranks =>
    {
        int[] to = [1, 1, 1, 1], from = ranks.Rank == 3 ? [2, 1, 1, 1] : to;
        ranks.AllToAllV<int>(new int[4], to, new int[from.Sum()], from);
    })).Message, StringComparison.Ordinal);

    [Fact]
    public void Counts_that_differ_name_both_ranks() => Fails(3, ranks =>
    {
        int[] to = [1, 1, 1], from = ranks.Rank == 2 ? [1, 2, 1] : to;
        ranks.AllToAllV<int>(new int[3], to, new int[from.Sum()], from);
        ranks.Barrier();
    }, "rank 1 sends 1 elements to rank 2, which expects 2, in AllToAll");

    [Fact]
    public void Different_calls_name_both() => Fails(2, ranks =>
    {
        if (ranks.Rank == 0)
            ranks.AllReduceSum(new float[4]);
        else
            ranks.Broadcast<float>(new float[4], 1);
    }, "rank 0 AllReduce of 2 + 2 elements of 4 bytes, rank 1 Broadcast of 4 elements of 4 bytes from rank 1");

    [Fact]
    public void Sums_of_different_lengths_are_refused() => Fails(2, ranks => ranks.AllReduceSum(new float[4 + ranks.Rank]), "elements");

    [Fact]
    public void A_rank_that_does_not_come_is_named() => Fails(4, ranks =>
    {
        // It comes when the others have given up.
        if (ranks.Rank == 1)
            Thread.Sleep(4 * soon);
        ranks.Barrier();
    }, "rank 1 did not arrive within 0.3 s, while ranks 0, 2, 3 wait in Barrier");

    [Fact]
    public void A_rank_that_has_ended_is_named_at_once()
    {
        CommunicatorException e = Assert.Throws<CommunicatorException>(() => ThreadCommunicator.Run(2, ranks =>
        {
            if (ranks.Rank == 0)
                ranks.AllReduceSum(new double[1]);
        }, Patience.Limit));
        Assert.Equal("rank 1 has ended, while rank 0 waits in AllReduce", e.Message);
    }

    [Fact]
    public void The_failure_of_a_rank_ends_all_and_is_told()
    {
        int others = 0;
        Assert.Equal("rows", Assert.Throws<InvalidDataException>(() => ThreadCommunicator.Run(4, ranks =>
        {
            try
            {
                if (ranks.Rank == 2)
                    throw new InvalidDataException("rows");
                ranks.Barrier();
            }
            catch (CommunicatorException e) when (e.Message == "rank 2 failed: rows")
            {
                Interlocked.Increment(ref others);
                throw;
            }
        }, Patience.Limit)).Message);
        Assert.Equal(3, others);
    }

    [Fact]
    public void Spans_that_do_not_fit_their_counts_are_refused() => ThreadCommunicator.Run(1, ranks =>
    {
        Assert.Throws<ArgumentException>(() => ranks.AllToAllV<int>(new int[2], [1], new int[2], [2]));
        Assert.Throws<ArgumentException>(() => ranks.AllToAllV<int>(new int[2], [2], new int[2], [1, 1]));
        Assert.Throws<ArgumentException>(() => ranks.AllGatherV<int>([], new int[1], [-1]));
        Assert.Throws<ArgumentException>(() => ranks.AllGather<Guid>(new Guid[1], new Guid[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => ranks.Broadcast<int>(new int[1], 1));
    });

    [Fact]
    public void Calls_and_bytes_for_other_ranks_are_counted() => ThreadCommunicator.Run(4, ranks =>
    {
        ranks.AllReduceSum(new float[1000]);
        ranks.AllToAllV<int>(new int[40], [10, 10, 10, 10], new int[40], [10, 10, 10, 10]);
        ranks.Broadcast<long>(new long[8], 3);
        ranks.Barrier();
        // Each way 4 bytes · 1000 · 3/4.
        Check(ranks.Traffic[Collective.AllReduce], 1, 6000, 6000);
        Check(ranks.Traffic[Collective.AllToAll], 1, 120, 120);
        Check(ranks.Traffic[Collective.Broadcast], 1, ranks.Rank == 3 ? 3 * 64 : 0, ranks.Rank == 3 ? 0 : 64);
        Check(ranks.Traffic[Collective.Barrier], 1, 0, 0);
        Assert.Null(ranks.Running);
    });

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    public void Nothing_is_allocated_once_buffers_have_their_size(int processes, int threads) => Run(processes, threads, ranks =>
    {
        float[] values = new float[5000], received = new float[5000];
        int[] counts = [.. Enumerable.Repeat(5000 / ranks.Size, ranks.Size)];
        void Step()
        {
            ranks.AllReduceSum(values);
            ranks.AllToAllV<float>(values, counts, received, counts);
            ranks.AllGatherV<float>(values.AsSpan(0, counts[0]), received, counts);
            ranks.Broadcast<float>(values, 0);
            ranks.Barrier();
        }
        Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Step();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    });

    private static void Run(int processes, int threads, Action<Communicator> body) =>
        ThreadCommunicator.Run(processes, process => ThreadCommunicator.Run(threads, body, Patience.Limit, processes: process), Patience.Limit);

    private static void Check(TrafficCount count, long calls, long sent, long received)
    {
        Assert.Equal((calls, sent, received), (count.Calls, count.BytesSent, count.BytesReceived));
        Assert.True(count.Time > TimeSpan.Zero);
    }

    private static void Fails(int size, Action<Communicator> body, string message)
    {
        CommunicatorException? e = null;
        Patience.Ends(() => e = Assert.Throws<CommunicatorException>(() => ThreadCommunicator.Run(size, body, soon)));
        Assert.Contains(message, e!.Message, StringComparison.Ordinal);
    }
}
