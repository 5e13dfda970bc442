namespace GpuCtr.Training;

/// <summary>Progress of work over rows.</summary>
/// <param name="Activity">What is being done, such as "reading" or "epoch 2/20".</param>
/// <param name="Share">The share of it that is done, 0 … 1.</param>
public record WorkProgress(string Activity, double Share)
{
    /// <summary>Rows that are done; 0 if rows are not counted.</summary>
    public long Rows { get; init; }

    /// <summary>Rows at its end.</summary>
    public long TotalRows { get; init; }

    /// <summary>Rows per second since it began.</summary>
    public double RowsPerSecond { get; init; }

    /// <summary>Estimated time left; null if rows are not counted.</summary>
    public TimeSpan? TimeLeft { get; init; }
}

/// <summary>Progress of a training run: reported at most ten times a second, and at the end of every pass over rows.</summary>
public sealed record TrainingProgress : WorkProgress
{
    /// <summary>Progress without an epoch, as before the first one.</summary>
    public TrainingProgress(WorkProgress work) : base(work)
    {
    }

    /// <summary>The epoch, from 1; 0 before the first one.</summary>
    public int Epoch { get; init; }

    /// <summary>Steps of the run so far.</summary>
    public long Step { get; init; }

    /// <summary>Smoothed loss of the training rows of this epoch; null before its first value, and while rows are evaluated.</summary>
    public double? Loss { get; init; }
}
