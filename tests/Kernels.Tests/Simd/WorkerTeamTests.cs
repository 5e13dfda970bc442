using GpuCtr.Kernels.Simd;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Simd;

public sealed class WorkerTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Run_calls_every_block_exactly_once_in_ten_thousand_jobs(int threads)
    {
        using WorkerTeam team = new(threads);
        Random random = new(threads);
        int[] calls = new int[64];
        Action<int> count = block => Interlocked.Increment(ref calls[block]);
        for (int job = 0; job < 10_000; job++)
        {
            int blocks = random.Next(calls.Length + 1);
            team.Run(blocks, count);
            for (int i = 0; i < calls.Length; i++)
                if (calls[i] != (i < blocks ? 1 : 0))
                    Assert.Fail($"job {job} of {blocks} blocks called block {i} {calls[i]} times");
            Array.Clear(calls);
            // Now and then long enough for the helpers to fall asleep.
            if (job % 2_500 == 0)
                Thread.Sleep(20);
        }
    }

    [Fact]
    public void Run_with_the_most_blocks_calls_each_once()
    {
        using WorkerTeam team = new(3);
        byte[] calls = new byte[WorkerTeam.MaxBlocks];
        team.Run(calls.Length, block => calls[block]++);
        Assert.All(calls.Where((_, i) => i % 1009 == 0), c => Assert.Equal(1, c));
        Assert.Equal(calls.Length, calls.Sum(c => c));
        Assert.Throws<ArgumentOutOfRangeException>(() => team.Run(WorkerTeam.MaxBlocks + 1, static _ => { }));
    }

    [Fact]
    public void Run_reports_a_failed_block_and_works_again_afterwards()
    {
        using WorkerTeam team = new(3);
        var e = Assert.Throws<ArithmeticException>(() => team.Run(50, static block =>
        {
            if (block == 17)
                throw new ArithmeticException("seventeen");
        }));
        Assert.Contains("seventeen", e.Message, StringComparison.Ordinal);
        int sum = 0;
        team.Run(50, block => Interlocked.Add(ref sum, block));
        Assert.Equal(49 * 50 / 2, sum);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Run_allocates_nothing_on_any_thread_even_if_workers_sleep_in_between(int threads)
    {
        const int rounds = 5;
        using WorkerTeam team = new(threads);
        Action<int> nothing = static _ => { };
        void Work()
        {
            for (int i = 0; i < 200; i++)
            {
                team.Run(10, nothing);
                if (i % 50 == 0)
                    Thread.Sleep(5);
            }
        }
        Work();
        // The first sleep of a process allocates a little.
        ThreadAllocations allocations = new(team);
        long[] allocated = [.. Enumerable.Range(0, rounds).Select(_ => allocations.Of(Work)).TakeWhile(bytes => bytes > 0)];
        Assert.True(allocated.Length < rounds, $"bytes allocated: {string.Join(", ", allocated)}");
    }

    [Fact]
    public void A_team_of_one_serves_several_callers_at_once()
    {
        using WorkerTeam team = new(1);
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, caller =>
        {
            for (int round = 0; round < 20_000; round++)
            {
                int count = 1 + (caller * 7 + round) % 30, seen = 0;
                team.Run(count, block => seen |= block >= 0 && block < count ? 1 << block : throw new ArgumentOutOfRangeException(nameof(block)));
                Assert.Equal((1 << count) - 1, seen);
            }
        });
    }
}
