using System.Runtime.ExceptionServices;

namespace GpuCtr.Kernels.Simd;

/// <summary>
/// The persistent threads of the CPU device. <see cref="Run(int, Action{int})"/> hands out fixed blocks of work in any order;
/// the result of a block never depends on its thread, so results do not depend on the number of threads.
/// </summary>
internal sealed class WorkerTeam : IDisposable
{
    /// <summary>Largest number of blocks of a job.</summary>
    public const int MaxBlocks = (1 << CountBits) - 1;

    private const int CountBits = 20;

    // Long enough to bridge the gap between two ops of a step, short enough to leave the core to a loader thread.
    private const int SpinsBeforeSleep = 2_000;

    private readonly Thread[] helpers;
    private readonly SemaphoreSlim wake = new(0);
    private Action<int>? body;
    private int finished;
    private int sleepers;
    private volatile bool stopping;

    private volatile Exception? failure;

    // The job in one word: generation | blocks | next block. A thread that has taken a block by compare-and-swap knows that
    // the job is still the one it read, and a job cannot end before all its blocks are done, so `body` belongs to this job.
    private long ticket;

    public WorkerTeam(int threads)
    {
        Threads = threads;
        helpers = new Thread[threads - 1];
        for (int i = 0; i < helpers.Length; i++)
        {
            helpers[i] = new Thread(Help) { IsBackground = true, Name = $"gpu-ctr worker {i + 1}" };
            helpers[i].Start();
        }
    }

    /// <summary>Number of threads, including the caller.</summary>
    public int Threads { get; }

    /// <summary>Calls <paramref name="work"/> once for every block 0 … count−1 and returns when all are done. Allocates nothing.</summary>
    public void Run(int count, Action<int> work)
    {
        if (count > MaxBlocks)
            throw new ArgumentOutOfRangeException(nameof(count), count, $"at most {MaxBlocks} blocks");
        long generation = Interlocked.Add(ref ticket, 1L << (2 * CountBits)) >> (2 * CountBits);
        if (count <= 1 || helpers.Length == 0)
        {
            // A team of one thread serves several callers at once, so state that another call may change is not read here.
            for (int i = 0; i < count; i++)
                work(InTurn(i, count, generation));
            return;
        }
        body = work;
        finished = 0;
        Interlocked.Exchange(ref ticket, generation << (2 * CountBits) | (long)count << CountBits);
        int asleep = Volatile.Read(ref sleepers);
        if (asleep > 0)
            wake.Release(Math.Min(asleep, count - 1));
        while (TakeBlock())
        {
        }
        // A worker that the system has preempted needs a core to finish: after a short spin, yield this one.
        for (int spins = 0; Volatile.Read(ref finished) < count; spins++)
            if (spins < SpinsBeforeSleep)
                Thread.SpinWait(4);
            else
                Thread.Yield();
        if (failure is { } e)
        {
            failure = null;
            ExceptionDispatchInfo.Throw(e);
        }
    }

    private bool TakeBlock()
    {
        long seen = Volatile.Read(ref ticket);
        int next = (int)seen & MaxBlocks, count = (int)(seen >> CountBits) & MaxBlocks;
        if (next >= count)
            return false;
        if (Interlocked.CompareExchange(ref ticket, seen + 1, seen) != seen)
            return true;
        try
        {
            body!(InTurn(next, count, seen >> (2 * CountBits)));
        }
        catch (Exception e)
        {
            failure = e;
        }
        Interlocked.Increment(ref finished);
        return true;
    }

    // Every other job starts with its last block, whose data the previous job has left in the cache.
    private static int InTurn(int i, int count, long generation) => (generation & 1) == 0 ? i : count - 1 - i;

    private void Help()
    {
        int idle = 0;
        while (!stopping)
        {
            if (TakeBlock())
                idle = 0;
            else if (idle++ < SpinsBeforeSleep)
                Thread.SpinWait(8);
            else
                Sleep();
        }
    }

    private void Sleep()
    {
        Interlocked.Increment(ref sleepers);
        // The caller publishes the ticket before it counts sleepers: a job that starts now is either seen here or wakes us. A wake-up that
        // goes to another worker only costs this worker's help with one job: the caller takes all remaining blocks.
        // Waiting allocates nothing.
        if (!HasWork() && !stopping)
            wake.Wait();
        Interlocked.Decrement(ref sleepers);
    }

    private bool HasWork()
    {
        long seen = Volatile.Read(ref ticket);
        return ((int)seen & MaxBlocks) < ((int)(seen >> CountBits) & MaxBlocks);
    }

    public void Dispose()
    {
        if (stopping)
            return;
        stopping = true;
        wake.Release(Math.Max(1, helpers.Length));
        foreach (Thread t in helpers)
            t.Join();
        wake.Dispose();
    }
}
