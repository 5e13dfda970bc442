using GpuCtr.Data.Features;

namespace GpuCtr.Data.Batches;

/// <summary>Options of a <see cref="Dataset"/>.</summary>
public sealed record DatasetOptions
{
    /// <summary>Memory for rows in bytes: encoded rows, decoding, and garbage not yet collected. Rows that do not fit are streamed.</summary>
    public long MemoryBytes { get; init; } = 4L << 30;

    /// <summary>
    /// Path (without extension) of the cache file from which blocks that do not fit are streamed after the first epoch; null = they are
    /// decoded again in every epoch.
    /// </summary>
    public string? CachePath { get; init; }

    /// <summary>Threads that decode.</summary>
    public int Workers { get; init; } = 2;

    /// <summary>Rows with bad labels or numbers that may be left out.</summary>
    public BadRowBudget BadRows { get; init; } = BadRowBudget.Zero;

    /// <summary>Whether the rows are training rows, which may have columns with negatives of histories; other rows do not need them.</summary>
    public bool Training { get; init; }

    /// <summary>Maximum rows of a list, for models that rank lists: rows are then read list by list, a list being the rows with the same value in the group column. 0: rows are independent.</summary>
    public int ListRows { get; init; }

    /// <summary>False for prediction: labels may be absent or anything.</summary>
    public bool NeedLabel { get; init; } = true;
}
