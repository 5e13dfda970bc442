namespace GpuCtr.Kernels.Ranks;

/// <summary>The barrier of ranks that are threads. If one cannot arrive, all stop waiting.</summary>
/// <param name="size">Number of ranks.</param>
/// <param name="limit">How long a rank waits for the last one.</param>
/// <param name="first">What the first of them is called in messages.</param>
internal sealed class Meeting(int size, TimeSpan limit, int first)
{
    private readonly object gate = new();
    private readonly bool[] here = new bool[size];
    private readonly bool[] gone = new bool[size];
    private int arrived;
    private long round;
    private string? failure;

    /// <summary>The first exception that ended a rank; null if there is none.</summary>
    public Exception? Cause { get; private set; }

    /// <summary>Returns when all ranks are here.</summary>
    /// <exception cref="CommunicatorException">A rank has ended or failed, or did not arrive within the limit.</exception>
    public void Enter(int rank, Collective collective)
    {
        lock (gate)
        {
            if (failure is not null)
                throw Failed();
            long mine = Arrive(rank);
            while (round == mine)
            {
                if (Array.IndexOf(gone, true) is var absent and >= 0)
                    failure ??= $"rank {first + absent} has ended, while {Waiting()} in {collective}";
                if (failure is null && !Monitor.Wait(gate, limit) && round == mine)
                    failure ??= $"{Names(here, false)} did not arrive within {limit.TotalSeconds:0.#} s, while {Waiting()} in {collective}";
                if (failure is not null && round == mine)
                    throw Failed();
            }
        }
    }

    /// <summary>Returns when all ranks that entered are done with each other's memory. No user code runs in between, so there is no time limit.</summary>
    public void Leave(int rank)
    {
        lock (gate)
            for (long mine = Arrive(rank); round == mine;)
                Monitor.Wait(gate);
    }

    /// <summary>A rank will not come any more.</summary>
    /// <param name="rank">Its number.</param>
    /// <param name="cause">Why it failed; null if it is done.</param>
    public void End(int rank, Exception? cause)
    {
        lock (gate)
        {
            gone[rank] = true;
            if (cause is not null)
            {
                Cause ??= cause;
                failure ??= $"rank {first + rank} failed: {cause.Message}";
            }
            Monitor.PulseAll(gate);
        }
    }

    private long Arrive(int rank)
    {
        long mine = round;
        here[rank] = true;
        if (++arrived == size)
        {
            (arrived, round) = (0, round + 1);
            Array.Clear(here);
            Monitor.PulseAll(gate);
        }
        return mine;
    }

    private CommunicatorException Failed()
    {
        Monitor.PulseAll(gate);
        return new CommunicatorException(failure!);
    }

    private string Waiting() => $"{Names(here, true)} {(here.Count(h => h) == 1 ? "waits" : "wait")}";

    private string Names(bool[] flags, bool which)
    {
        int[] ranks = [.. Enumerable.Range(0, flags.Length).Where(r => flags[r] == which).Select(r => first + r)];
        return $"{(ranks.Length == 1 ? "rank" : "ranks")} {string.Join(", ", ranks)}";
    }
}
