namespace GpuCtr.Hosting;

/// <summary>Options of a <see cref="CtrModelHost"/>.</summary>
public sealed record CtrModelHostOptions
{
    /// <summary>A run folder (its best checkpoint), its best or last, or a checkpoint folder. It may be a link that is moved to another run.</summary>
    public required string Model { get; init; }

    /// <summary>How models run: how many cores scoring may use (<see cref="ScoringOptions.Concurrency"/>), whether unknown columns are skipped, and so on.</summary>
    public ScoringOptions Scoring { get; init; } = new();

    /// <summary>The longest <see cref="PollInterval"/>.</summary>
    internal static readonly TimeSpan LongestPoll = TimeSpan.FromDays(1);

    /// <summary>How often the path is looked at for a new checkpoint, besides when the file system tells of one: a millisecond to a day. After a failure it is looked at less and less often.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);
}
