using GpuCtr.Kernels.Simd;

namespace GpuCtr.Tests;

/// <summary>
/// Bytes that the calling thread and the workers of a team allocate. Allocations of the whole process would include others:
/// the test host allocates on threads of its own, several times a second.
/// </summary>
internal sealed class ThreadAllocations
{
    private readonly WorkerTeam team;
    private readonly Action<int> read;
    private long bytes;
    private int began;

    public ThreadAllocations(WorkerTeam team) => (this.team, read) = (team, Read);

    /// <summary>Allocations of all these threads while the action runs.</summary>
    public long Of(Action action)
    {
        long before = Total();
        action();
        return Total() - before;
    }

    /// <summary>One block for each thread, none of which ends before all have begun: so each thread takes exactly one.</summary>
    private long Total()
    {
        (bytes, began) = (0, 0);
        team.Run(team.Threads, read);
        return bytes;
    }

    private void Read(int block)
    {
        Interlocked.Add(ref bytes, GC.GetAllocatedBytesForCurrentThread());
        Interlocked.Increment(ref began);
        while (Volatile.Read(ref began) < team.Threads)
            Thread.Yield();
    }
}
