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

    /// <summary>Whether the rows are trained on, which may read the negatives of histories from columns; other rows need not have them.</summary>
    public bool Training { get; init; }

    /// <summary>The most rows of a list, for models that rank lists: rows are then read list by list, and lists are the rows with one value in the column that groups rows. 0: rows are by themselves.</summary>
    public int ListRows { get; init; }

    /// <summary>False for prediction: labels may be absent or anything.</summary>
    public bool NeedLabel { get; init; } = true;
}
