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
    /// <summary>Rows by label.</summary>
    public LabelCounts Labels { get; init; }

    /// <summary>gAUC; null without a group column or if no group has both labels.</summary>
    public double? Gauc => Groups?.Value;

    /// <summary>All metrics of some rows.</summary>
    /// <param name="logits">(rows).</param>
    /// <param name="labels">(rows) 0 or 1.</param>
    /// <param name="groups">(rows) group keys; empty without a group column.</param>
    public static Evaluation Of(ReadOnlySpan<float> logits, ReadOnlySpan<float> labels, ReadOnlySpan<ulong> groups) => new(
        labels.Length,
        Metrics.Auc.Of(logits, labels),
        Finite(Metrics.LogLoss.Of(logits, labels)),
        groups.IsEmpty ? null : GroupAuc.Of(logits, labels, groups),
        FiniteCalibration(Calibration.Of(logits, labels)))
    { Labels = new(labels.Length, labels.Length - labels.Count(0f)) };

    private static double? Finite(double? value) => value is { } v && double.IsFinite(v) ? v : null;

    private static Calibration FiniteCalibration(Calibration c) =>
        new(Finite(c.Ratio), [.. c.Bins.Select(b => b with { MeanPrediction = Finite(b.MeanPrediction) })]);
}
