namespace GpuCtr.Kernels.Ranks;

/// <summary>Detects that this rank waits for others that do not arrive, which MPI libraries do not.</summary>
internal sealed class CollectiveWatch : IDisposable
{
    private const int LooksEveryMs = 500;

    private readonly Communicator ranks;
    private readonly TimeSpan limit;
    private readonly Action<CommunicatorException> late;
    private readonly Timer timer;
    private int told;

    /// <summary>Begins to watch.</summary>
    /// <param name="ranks">This rank.</param>
    /// <param name="limit">How long a collective may last while the ranks work on the same thing; an idle one waits for <see cref="RankRun.IdleLimit"/>.</param>
    /// <param name="late">Called once, on a separate thread, for a collective that lasts longer.</param>
    public CollectiveWatch(Communicator ranks, TimeSpan limit, Action<CommunicatorException> late)
    {
        (this.ranks, this.limit, this.late) = (ranks, limit, late);
        timer = new Timer(_ => Look(), null, LooksEveryMs, LooksEveryMs);
    }

    /// <inheritdoc/>
    public void Dispose() => timer.Dispose();

    private void Look()
    {
        if (ranks.Running is var (collective, elapsed) && elapsed > (ranks.IsIdle ? RankRun.IdleLimit : limit) && Interlocked.Exchange(ref told, 1) == 0)
            late(new CommunicatorException($"waited {elapsed.TotalSeconds:0} s in {collective} for ranks that did not arrive: check what the other ranks do (`dotnet-stack`, `top`), or whether a host is down"));
    }
}
