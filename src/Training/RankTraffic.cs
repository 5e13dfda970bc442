using GpuCtr.Kernels.Ranks;
using static System.FormattableString;

namespace GpuCtr.Training;

/// <summary>Traffic of rank 0 with other ranks in one kind of collective.</summary>
/// <param name="Collective">broadcast, all_gather, all_to_all, all_reduce or barrier.</param>
/// <param name="Calls">Number of calls.</param>
/// <param name="BytesSent">Bytes for other ranks.</param>
/// <param name="BytesReceived">Bytes from other ranks.</param>
/// <param name="Seconds">Time in these calls: waiting for other ranks, and copying.</param>
public sealed record CollectiveTraffic(Collective Collective, long Calls, long BytesSent, long BytesReceived, double Seconds);

/// <summary>Traffic of rank 0 with other ranks; docs/scaling.md has the formula.</summary>
/// <param name="Ranks">Number of ranks.</param>
/// <param name="Collectives">The collectives that were called, slowest first.</param>
public sealed record RankTraffic(int Ranks, IReadOnlyList<CollectiveTraffic> Collectives)
{
    /// <summary>Bytes for other ranks.</summary>
    public long BytesSent => Collectives.Sum(c => c.BytesSent);

    /// <summary>Time in all collectives.</summary>
    public double Seconds => Collectives.Sum(c => c.Seconds);

    /// <summary>The counts of this rank; null if there is only one rank.</summary>
    /// <param name="ranks">All ranks.</param>
    /// <param name="before">Counts to subtract; null: count from the start.</param>
    internal static RankTraffic? Of(Communicator ranks, Traffic? before = null)
    {
        if (ranks.Size == 1)
            return null;
        Traffic since = ranks.Traffic.Since(before);
        return new(ranks.Size, [.. Enum.GetValues<Collective>().Where(c => since[c].Calls > 0)
            .Select(c => new CollectiveTraffic(c, since[c].Calls, since[c].BytesSent, since[c].BytesReceived, since[c].Time.TotalSeconds)).OrderByDescending(c => c.Seconds)]);
    }

    /// <summary>Heads of columns in a table of epochs.</summary>
    internal static string[] Heads { get; } = ["sent MB", "in collectives"];

    /// <summary>The cells below them: what rank 0 sent, and how long it was in collectives.</summary>
    /// <param name="seconds">The time of which that is a share.</param>
    internal string[] Cells(double seconds) => [Invariant($"{BytesSent / 1e6:F1}"), Invariant($"{Seconds / Math.Max(seconds, 1e-9):P0}")];

    /// <summary>A line for a person.</summary>
    public override string ToString() => Invariant($"rank 0 of {Ranks} sent {BytesSent / 1e6:N1} MB and was {Seconds:N1} s in collectives: {string.Join(", ", Collectives.Select(c => Invariant($"{Words(c.Collective)} {c.BytesSent / 1e6:N1} MB {c.Seconds:N1} s")))}");

    private static string Words(Collective c) => c switch
    {
        Collective.AllGather => "all-gather",
        Collective.AllToAll => "all-to-all",
        Collective.AllReduce => "all-reduce",
        _ => $"{c}".ToLowerInvariant(),
    };
}
