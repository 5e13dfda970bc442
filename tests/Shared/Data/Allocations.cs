namespace GpuCtr.Tests;

/// <summary>Bytes that something allocates each time it is done.</summary>
internal static class Allocations
{
    private const int Rounds = 5;

    /// <summary>The least of a few rounds: what the runtime allocates once, for code that runs first or is compiled again when it has been slow to warm up, comes in a round or two.</summary>
    public static long Least(Func<long> bytesOfRound) => Enumerable.Range(0, Rounds).Min(_ => bytesOfRound());

    /// <summary>On the calling thread, the least of a few rounds.</summary>
    public static long Least(Action round) => Least(() =>
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        round();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    });
}
