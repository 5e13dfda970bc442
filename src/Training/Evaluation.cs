using GpuCtr.Data.Features;
using GpuCtr.Training.Metrics;

namespace GpuCtr.Training;

/// <summary>The metrics of a model on some rows; an undefined metric is null.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="Auc">Exact AUC.</param>
/// <param name="LogLoss">Mean log loss, without any penalty.</param>
/// <param name="Groups">gAUC with its counts; null without a group column.</param>
/// <param name="Calibration">Mean prediction over mean label, and ten bins.</param>
internal sealed record Evaluation(long Rows, double? Auc, double? LogLoss, GroupAuc? Groups, Calibration Calibration)
{
    /// <summary>k of HR@k and NDCG@k.</summary>
    public const int ItemsLookedAt = 10;

    /// <summary>Rows by label.</summary>
    public LabelCounts Labels { get; init; }

    /// <summary>Mean label, weighted; NaN without rows.</summary>
    public double LabelRate { get; init; }

    /// <summary>Whether some labels are shares between 0 and 1.</summary>
    public bool HasShares { get; private init; }

    /// <summary>Ranks of the correct items; null for click models.</summary>
    public NextItemMetrics? Items { get; private init; }

    /// <summary>Rows without a prediction, because their sequence is too short.</summary>
    public long RowsLeftOut { get; private init; }

    /// <summary>The metrics of a model that predicts items.</summary>
    /// <param name="ranks">(predictions) rank of the right item, 1 for the best.</param>
    /// <param name="rowsLeftOut">Rows without a prediction.</param>
    public static Evaluation OfRanks(ReadOnlySpan<int> ranks, long rowsLeftOut) =>
        new(ranks.Length, null, null, null, Calibration.Of([], [])) { Items = NextItemMetrics.Of(ranks, ItemsLookedAt), RowsLeftOut = rowsLeftOut };

    /// <summary>NDCG and other metrics of the groups as lists, before and after they are ordered by score; null if they were not requested, or without a group column.</summary>
    public Reranking? Lists { get; init; }

    /// <summary>NDCG of the next items, or of lists sorted by score; null if neither is ranked.</summary>
    public double? Ndcg => Items?.Ndcg ?? Lists?.Ranked.Ndcg;

    /// <summary>gAUC; null without a group column or if no group has both labels.</summary>
    public double? Gauc => Groups?.Value;

    /// <summary>All metrics of some rows.</summary>
    /// <param name="logits">(rows).</param>
    /// <param name="labels">(rows) 0, 1, or shares in between, for which AUC is not defined.</param>
    /// <param name="groups">(rows) group keys; empty without a group column.</param>
    /// <param name="weights">(rows) weights of the rows; empty: 1. Lists have no weights.</param>
    /// <param name="top">k of NDCG@k and the other list metrics of the groups; 0: they are not measured.</param>
    public static Evaluation Of(ReadOnlySpan<float> logits, ReadOnlySpan<float> labels, ReadOnlySpan<ulong> groups, ReadOnlySpan<float> weights = default, int top = 0) => new(
        labels.Length,
        Metrics.Auc.Of(logits, labels, weights),
        Finite(Metrics.LogLoss.Of(logits, labels, weights)),
        groups.IsEmpty ? null : GroupAuc.Of(logits, labels, groups, weights),
        FiniteCalibration(Calibration.Of(logits, labels, weights)))
    {
        HasShares = labels.ContainsAnyExcept(0f, 1f),
        LabelRate = RateOf(labels, weights),
        Labels = new(labels.Length, labels.Length - labels.Count(0f)),
        Lists = groups.IsEmpty || top == 0 ? null : Reranking.Of(logits, labels, groups, top),
    };

    private static double RateOf(ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        double sum = 0, all = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            double w = weights.IsEmpty ? 1 : weights[i];
            (sum, all) = (sum + w * labels[i], all + w);
        }

        return sum / all;
    }

    private static double? Finite(double? value) => value is { } v && double.IsFinite(v) ? v : null;

    private static Calibration FiniteCalibration(Calibration c) =>
        new(Finite(c.Ratio), [.. c.Bins.Select(b => b with { MeanPrediction = Finite(b.MeanPrediction) })]);
}
