namespace GpuCtr.Kernels.Ranks;

/// <summary>Ways in which ranks exchange data. All ranks make the same calls in the same order.</summary>
public enum Collective
{
    /// <summary>Waits until all ranks are here.</summary>
    Barrier,

    /// <summary>One rank's data for all.</summary>
    Broadcast,

    /// <summary>Every rank's data for all.</summary>
    AllGather,

    /// <summary>A piece from every rank for every rank.</summary>
    AllToAll,

    /// <summary>The sum of all ranks' data for all.</summary>
    AllReduce,
}

/// <summary>Traffic of one rank in one kind of collective.</summary>
/// <param name="Calls">Number of calls.</param>
/// <param name="BytesSent">Bytes for other ranks.</param>
/// <param name="BytesReceived">Bytes from other ranks.</param>
/// <param name="Time">Time in these calls: waiting for other ranks, and copying.</param>
public readonly record struct TrafficCount(long Calls, long BytesSent, long BytesReceived, TimeSpan Time);

/// <summary>Counts calls, bytes and time by collective. Bytes follow from the arguments of a call, not from the algorithm of a library.</summary>
public sealed class Traffic
{
    private readonly TrafficCount[] counts = new TrafficCount[Enum.GetValues<Collective>().Length];

    /// <summary>Calls of a collective so far.</summary>
    public TrafficCount this[Collective collective] => counts[(int)collective];

    /// <summary>The counts since an earlier copy; since the start if there is none.</summary>
    public Traffic Since(Traffic? before = null)
    {
        Traffic since = new();
        for (int i = 0; i < counts.Length; i++)
        {
            (TrafficCount now, TrafficCount then) = (counts[i], before?.counts[i] ?? default);
            since.counts[i] = new(now.Calls - then.Calls, now.BytesSent - then.BytesSent, now.BytesReceived - then.BytesReceived, now.Time - then.Time);
        }
        return since;
    }

    internal void Add(Collective collective, long sent, long received, TimeSpan time)
    {
        ref TrafficCount c = ref counts[(int)collective];
        c = new TrafficCount(c.Calls + 1, c.BytesSent + sent, c.BytesReceived + received, c.Time + time);
    }
}
