namespace GpuCtr.Engine.Training;

/// <summary>The validation metric that says which epoch is best, and for how long none was better.</summary>
/// <param name="metric">auc, logloss or gauc.</param>
internal sealed class MonitoredValue(string metric)
{
    /// <summary>The best value so far; null if it was never defined.</summary>
    public double? Best { get; private set; }

    /// <summary>The epoch it comes from, from 1; 0 before the first.</summary>
    public int BestEpoch { get; private set; }

    /// <summary>Epochs in a row without a better value.</summary>
    public int Stale { get; private set; }

    /// <summary>Goes on from a checkpoint.</summary>
    public void Restore(double? best, int bestEpoch, int stale) => (Best, BestEpoch, Stale) = (best, bestEpoch, stale);

    /// <summary>Notes the value of an epoch; true if it is the best so far.</summary>
    /// An undefined value is better than nothing and than another undefined one, so that a best checkpoint always exists.
    public bool Observe(int epoch, Evaluation? evaluation)
    {
        double? value = evaluation is null ? null : metric switch { "logloss" => evaluation.LogLoss, "gauc" => evaluation.Gauc, _ => evaluation.Auc };
        bool better = BestEpoch == 0 || Best is null || (value is { } now && (metric == "logloss" ? now < Best : now > Best));
        Stale = better ? 0 : Stale + 1;
        if (better)
            (Best, BestEpoch) = (value, epoch);
        return better;
    }
}
