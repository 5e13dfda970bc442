namespace GpuCtr.Kernels.Ranks;

/// <summary>A single rank: collectives only copy.</summary>
public sealed unsafe class SingleRank() : Communicator(0, 1)
{
    /// <inheritdoc/>
    public override void Abort(int exitCode) => throw new CommunicatorException($"{Name} ended with exit code {exitCode}");

    /// <inheritdoc/>
    public override void Dispose()
    {
    }

    /// <inheritdoc/>
    private protected override void Meet()
    {
    }

    /// <inheritdoc/>
    private protected override void Spread(byte* data, int count, int unit, int root)
    {
    }

    /// <inheritdoc/>
    private protected override void Gather(byte* own, byte* all, ReadOnlySpan<int> counts, int unit) => Copy(own, all, counts[0], unit);

    /// <inheritdoc/>
    private protected override void Exchange(byte* send, ReadOnlySpan<int> sendCounts, byte* receive, ReadOnlySpan<int> receiveCounts, int unit) =>
        Copy(send, receive, sendCounts[0], unit);

    private static void Copy(byte* from, byte* to, int count, int unit) => Buffer.MemoryCopy(from, to, (long)count * unit, (long)count * unit);
}
