using System.Runtime.ExceptionServices;

namespace GpuCtr.Kernels.Ranks;

/// <summary>Ranks as threads of one process, without a launcher, or as threads of each of several processes. Calls of one process are compared.</summary>
/// <remarks>Ranks and the order of sums are the same however ranks are dealt to processes, and so are the bits.</remarks>
public sealed unsafe class ThreadCommunicator : Communicator
{
    private readonly ThreadTeam team;
    private readonly Meeting meeting;
    private readonly Post[] posts;
    private readonly int thread;

    private ThreadCommunicator(ThreadTeam team, int thread) : base(team.First + thread, team.Threads * team.Processes.Size) =>
        (this.team, this.thread, meeting, posts) = (team, thread, team.Meeting, team.Posts);

    /// <summary>Runs a body as several ranks, and returns when all of this process have ended.</summary>
    /// <param name="threads">Number of ranks of a process.</param>
    /// <param name="body">What each rank does.</param>
    /// <param name="limit">How long a rank waits for the others of its process in a collective; a minute if null.</param>
    /// <param name="hosts">Names of the hosts on which the ranks pretend to run; this host if null.</param>
    /// <param name="processes">The processes, each of which calls this with as many threads; null: this one alone.</param>
    /// <exception cref="CommunicatorException">A rank did not arrive, or ranks made different calls. An exception of a body is rethrown unchanged.</exception>
    public static void Run(int threads, Action<Communicator> body, TimeSpan? limit = null, Func<int, string>? hosts = null, Communicator? processes = null)
    {
        ThreadTeam team = new(threads, processes ?? new SingleRank(), limit ?? TimeSpan.FromMinutes(1));
        Thread[] ranks = [.. Enumerable.Range(0, threads).Select(t => new Thread(() =>
        {
            Exception? cause = null;
            try
            {
                using ThreadCommunicator own = new(team, t);
                own.Place = RankPlace.Agree(own, hosts?.Invoke(own.Rank) ?? Environment.MachineName, Guid.Empty);
                body(own);
            }
            catch (Exception e)
            {
                cause = e;
            }
            team.Meeting.End(t, cause);
        }) { Name = $"rank {team.First + t}", IsBackground = true })];
        Array.ForEach(ranks, t => t.Start());
        Array.ForEach(ranks, t => t.Join());
        if (team.Meeting.Cause is { } failed)
            ExceptionDispatchInfo.Throw(failed);
    }

    /// <inheritdoc/>
    public override int Threads => team.Threads;

    /// <inheritdoc/>
    internal override bool IsIdle
    {
        get => base.IsIdle;
        set
        {
            base.IsIdle = value;
            if (Leads)
                team.Processes.IsIdle = value;
        }
    }

    /// <summary>Whether this rank makes the calls that move data between processes, for all ranks of its own.</summary>
    private bool Leads => thread == 0 && IsShared;

    private bool IsShared => team.Processes.Size > 1;

    /// <inheritdoc/>
    public override void Abort(int exitCode) => throw new CommunicatorException($"{Name} ended all ranks with exit code {exitCode}");

    /// <inheritdoc/>
    public override void Dispose()
    {
    }

    /// <inheritdoc/>
    private protected override void Meet()
    {
        string? difference = Open(null, [], [], 1);
        if (Leads && difference is null)
            team.Processes.Barrier();
        WaitForLead();
        Close(difference);
    }

    /// <inheritdoc/>
    private protected override void Spread(byte* data, int count, int unit, int root)
    {
        string? difference = Open(data, [count], [], unit, root);
        bool here = root / posts.Length == team.Processes.Rank;
        byte* from = posts[here ? root % posts.Length : 0].Data;
        if (Leads && difference is null)
            team.Processes.Broadcast(from, count, unit, root / posts.Length);
        WaitForLead();
        if (difference is null && from != data)
            Copy(from, data, count, unit);
        Close(difference);
    }

    /// <inheritdoc/>
    private protected override void Gather(byte* own, byte* all, ReadOnlySpan<int> counts, int unit)
    {
        string? difference = Open(own, counts, [], unit);
        if (IsShared)
            GatherFromProcesses(all, counts, unit, difference);
        else
            for (int from = 0; difference is null && from < Size; all += (long)counts[from++] * unit)
                Copy(posts[from].Data, all, counts[from], unit);
        Close(difference);
    }

    /// <inheritdoc/>
    private protected override void Exchange(byte* send, ReadOnlySpan<int> sendCounts, byte* receive, ReadOnlySpan<int> receiveCounts, int unit)
    {
        string? difference = Open(send, sendCounts, receiveCounts, unit);
        if (Leads && difference is null)
            team.Exchange(unit);
        WaitForLead();
        if (IsShared && difference is null)
            team.Unpack(thread, receive, unit);
        byte* to = receive + Sum(receiveCounts[..team.First]) * unit;
        for (int t = 0; difference is null && t < posts.Length; to += (long)receiveCounts[team.First + t++] * unit)
            if (posts[t].Counts[Rank] != receiveCounts[team.First + t])
                difference = $"rank {team.First + t} sends {posts[t].Counts[Rank]} elements to rank {Rank}, which expects {receiveCounts[team.First + t]}, in {Current}";
            else
                Copy(posts[t].Piece(Rank), to, receiveCounts[team.First + t], unit);
        Close(difference);
    }

    /// <summary>The first rank gathers what all ranks have, and the others of its process copy it.</summary>
    private void GatherFromProcesses(byte* all, ReadOnlySpan<int> counts, int unit, string? difference)
    {
        if (Leads && difference is null)
        {
            team.Gather(all, counts, unit);
            team.Gathered = all;
        }
        WaitForLead();
        if (!Leads && difference is null)
            Copy(team.Gathered, all, (int)Sum(counts), unit);
    }

    /// <summary>Publishes this rank's call to the others of its process and waits for theirs.</summary>
    /// <returns>How the calls differ, the same text on every rank of the process; null if they are the same.</returns>
    private string? Open(byte* data, ReadOnlySpan<int> counts, ReadOnlySpan<int> expected, int unit, int root = 0)
    {
        posts[thread].Write(Current, data, counts, expected, unit, root);
        meeting.Enter(thread, Current);
        for (int t = 1; t < posts.Length; t++)
            if (!posts[t].Fits(posts[0]))
                return $"ranks make different calls: rank {team.First} {posts[0]}, rank {team.First + t} {posts[t]}";
        return null;
    }

    /// <summary>Waits until the first rank of this process has moved data between processes.</summary>
    private void WaitForLead()
    {
        if (IsShared)
            meeting.Enter(thread, Current);
    }

    /// <summary>Waits until no rank reads this one's memory any more.</summary>
    private void Close(string? difference)
    {
        meeting.Leave(thread);
        if (difference is not null)
            throw new CommunicatorException(difference);
    }

    private static void Copy(byte* from, byte* to, int count, int unit) => Buffer.MemoryCopy(from, to, (long)count * unit, (long)count * unit);
}
