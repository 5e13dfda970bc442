using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Metrics;

namespace GpuCtr.Training;

/// <summary>The monitored validation metric: which epoch is best, and how many epochs passed without a better value.</summary>
/// <remarks>If the metric is undefined on the rows, as AUC is without both labels, logloss replaces it from the first epoch on.</remarks>
/// <param name="metric">auc, logloss, gauc or, of lists, ndcg; of a model that predicts items ndcg, hr or mrr.</param>
internal sealed class MonitoredValue(string metric)
{
    private const string LogLoss = "logloss";

    /// <summary>The metric.</summary>
    public string Metric { get; private set; } = metric;

    /// <summary>Whether logloss replaces the requested metric.</summary>
    public bool FellBack { get; private set; }

    /// <summary>The best value so far; null if it was never defined.</summary>
    public double? Best { get; private set; }

    /// <summary>The epoch of the best value, from 1; 0 before the first.</summary>
    public int BestEpoch { get; private set; }

    /// <summary>Consecutive epochs without improvement.</summary>
    public int Stale { get; private set; }

    /// <summary>Resumes from a checkpoint.</summary>
    /// <param name="best">The best value.</param>
    /// <param name="bestEpoch">Its epoch.</param>
    /// <param name="stale">Epochs since then.</param>
    /// <param name="history">Metrics of every epoch; they tell which metric the best value belongs to.</param>
    public void Restore(double? best, int bestEpoch, int stale, IReadOnlyList<EpochMetrics> history)
    {
        (Best, BestEpoch, Stale) = (best, bestEpoch, stale);
        if (best is not null && history.Count > 0 && history.All(e => Of(e) is null))
            FallBack();
    }

    /// <summary>Records the value of an epoch; true if it is the best so far.</summary>
    /// <remarks>An undefined value counts as better than no value and than another undefined one, so that there is always a best checkpoint.</remarks>
    public bool Observe(int epoch, Evaluation? evaluation)
    {
        double? value = Of(evaluation);
        if (value is null && Best is null && evaluation?.LogLoss is { } loss)
        {
            FallBack();
            value = loss;
        }

        bool better = BestEpoch == 0 || Best is null || (value is { } now && (Metric == LogLoss ? now < Best : now > Best));
        Stale = better ? 0 : Stale + 1;
        if (better)
            (Best, BestEpoch) = (value, epoch);
        return better;
    }

    private void FallBack() => (Metric, FellBack) = (LogLoss, true);

    private double? Of(Evaluation? e) => Metric switch { LogLoss => e?.LogLoss, "gauc" => e?.Gauc, "ndcg" => e?.Ndcg, "hr" => e?.Items?.HitRate, "mrr" => e?.Items?.Mrr, _ => e?.Auc };

    private double? Of(EpochMetrics e) => Metric switch { LogLoss => e.ValidLogloss, "gauc" => e.ValidGauc, "ndcg" => e.ValidNdcg, "hr" => e.ValidHr10, "mrr" => e.ValidMrr, _ => e.ValidAuc };
}
