namespace GpuCtr.Datagen;

/// <summary>The metrics of the true probabilities on the written rows.</summary>
public sealed class TruthTally
{
    /// <summary>Up to this number of rows, AUC is computed by an exact sort, beyond it from a fine histogram.</summary>
    public const int MostSortedRows = 4_000_000;

    private readonly long _rows;
    private readonly IScoreTally _best, _baseline;
    private readonly Lock _gate = new();
    private long _positives;
    private ListTally _lists;

    /// <summary>A tally of exactly <paramref name="rows"/> rows.</summary>
    public TruthTally(long rows)
    {
        _rows = rows;
        IsExact = rows <= MostSortedRows;
        _best = NewTally();
        _baseline = NewTally();
    }

    /// <summary>Whether AUC is exact.</summary>
    public bool IsExact { get; }

    /// <summary>Adds a block that starts at row <paramref name="first"/>; several shards may do so at once.</summary>
    public void Add(long first, IRowBlock block)
    {
        _best.Add(first, block.Probabilities, block.Labels);
        _baseline.Add(first, block.Baseline, block.Labels);
        long positives = 0;
        foreach (int label in block.Labels)
            positives += label;
        Interlocked.Add(ref _positives, positives);
        lock (_gate)
            _lists += block.Lists;
    }

    /// <summary>The figures of all rows.</summary>
    public TruthFigures Figures() => new(_rows, _best.Auc(), _baseline.Auc(), (double)_positives / _rows, _lists);

    private IScoreTally NewTally() => IsExact ? new SortedTally((int)_rows) : new BinnedTally();
}

/// <summary>AUC of the true probability, AUC of the baseline, share of clicks, and NDCG if rows are grouped into lists.</summary>
public readonly record struct TruthFigures(long Rows, double BestAuc, double BaselineAuc, double LabelRate, ListTally Lists = default);
