using System.Runtime.ExceptionServices;

namespace GpuCtr.Kernels.Ranks;

/// <summary>Ranks as threads of one process: what MPI does between processes, without a launcher, and with every call compared.</summary>
public sealed unsafe class ThreadCommunicator : Communicator
{
    private readonly Meeting meeting;
    private readonly Post[] posts;

    private ThreadCommunicator(int rank, Meeting meeting, Post[] posts) : base(rank, posts.Length) => (this.meeting, this.posts) = (meeting, posts);

    /// <summary>Runs a body as several ranks, and returns when all have ended.</summary>
    /// <param name="size">Number of ranks.</param>
    /// <param name="body">What each rank does.</param>
    /// <param name="limit">How long a rank waits for the others in a collective; a minute if null.</param>
    /// <param name="hosts">Names of the hosts on which the ranks pretend to run; one host if null.</param>
    /// <exception cref="CommunicatorException">A rank did not arrive, or ranks made different calls. An exception of a body is rethrown unchanged.</exception>
    public static void Run(int size, Action<Communicator> body, TimeSpan? limit = null, Func<int, string>? hosts = null)
    {
        Meeting meeting = new(size, limit ?? TimeSpan.FromMinutes(1));
        Post[] posts = [.. Enumerable.Range(0, size).Select(_ => new Post(size))];
        Thread[] threads = [.. Enumerable.Range(0, size).Select(r => new Thread(() =>
        {
            Exception? cause = null;
            try
            {
                using ThreadCommunicator ranks = new(r, meeting, posts);
                ranks.Place = RankPlace.Agree(ranks, hosts?.Invoke(r) ?? Environment.MachineName, Guid.Empty);
                body(ranks);
            }
            catch (Exception e)
            {
                cause = e;
            }
            meeting.End(r, cause);
        }) { Name = $"rank {r}", IsBackground = true })];
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        if (meeting.Cause is { } failed)
            ExceptionDispatchInfo.Throw(failed);
    }

    /// <inheritdoc/>
    public override void Abort(int exitCode) => throw new CommunicatorException($"{Name} ended all ranks with exit code {exitCode}");

    /// <inheritdoc/>
    public override void Dispose()
    {
    }

    /// <inheritdoc/>
    private protected override void Meet()
    {
        Open(null, [], 1, 0);
        Close(Difference());
    }

    /// <inheritdoc/>
    private protected override void Spread(byte* data, int count, int unit, int root)
    {
        Open(data, [count], unit, root);
        string? difference = Difference();
        if (difference is null && Rank != root)
            Copy(posts[root].Data, data, count, unit);
        Close(difference);
    }

    /// <inheritdoc/>
    private protected override void Gather(byte* own, byte* all, ReadOnlySpan<int> counts, int unit)
    {
        Open(own, counts, unit, 0);
        string? difference = Difference();
        for (int from = 0; difference is null && from < Size; all += (long)counts[from++] * unit)
            Copy(posts[from].Data, all, counts[from], unit);
        Close(difference);
    }

    /// <inheritdoc/>
    private protected override void Exchange(byte* send, ReadOnlySpan<int> sendCounts, byte* receive, ReadOnlySpan<int> receiveCounts, int unit)
    {
        Open(send, sendCounts, unit, pieces: true);
        string? difference = Difference();
        for (int from = 0; difference is null && from < Size; receive += (long)receiveCounts[from++] * unit)
            if (posts[from].Counts[Rank] != receiveCounts[from])
                difference = $"rank {from} sends {posts[from].Counts[Rank]} elements to rank {Rank}, which expects {receiveCounts[from]}, in {Current}";
            else
                Copy(posts[from].Piece(Rank), receive, receiveCounts[from], unit);
        Close(difference);
    }

    /// <summary>Publishes this rank's call to the others and waits for theirs.</summary>
    private void Open(byte* data, ReadOnlySpan<int> counts, int unit, int root = 0, bool pieces = false)
    {
        posts[Rank].Write(Current, data, counts, unit, root, pieces);
        meeting.Enter(Rank, Current);
    }

    /// <summary>Waits until no rank reads this one's memory any more.</summary>
    private void Close(string? difference)
    {
        meeting.Leave(Rank);
        if (difference is not null)
            throw new CommunicatorException(difference);
    }

    /// <summary>How the ranks' calls differ, the same text on every rank; null if they are the same.</summary>
    private string? Difference()
    {
        for (int r = 1; r < Size; r++)
            if (!posts[r].Fits(posts[0]))
                return $"ranks make different calls: rank 0 {posts[0]}, rank {r} {posts[r]}";
        return null;
    }

    private static void Copy(byte* from, byte* to, int count, int unit) => Buffer.MemoryCopy(from, to, (long)count * unit, (long)count * unit);
}
