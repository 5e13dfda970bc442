using GpuCtr.Data;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Metrics;

namespace GpuCtr.Training;

/// <summary>metrics.jsonl: a line for every epoch.</summary>
internal static class MetricsLog
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "metrics.jsonl";

    /// <summary>The line of an epoch.</summary>
    public static EpochMetrics Of(EpochResult r, int step, int skippedSteps) => new(
        r.Epoch, step, r.TrainLogLoss, r.Valid?.LogLoss, r.Valid?.Auc, r.Valid?.Gauc, r.Valid?.Rows ?? 0, r.Valid?.Calibration.Ratio,
        r.LearningRate, r.Seconds, r.WaitedSeconds, r.Rows / Math.Max(r.Seconds, 1e-9), skippedSteps, r.IsBest, r.TrainAuxiliaryLoss,
        r.Valid?.Items?.HitRate, r.Valid?.Ndcg, r.Valid?.Items?.Mrr, r.Exchanged);

    /// <summary>Adds the line of an epoch.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static void Append(RunFolder folder, EpochMetrics epoch) => File.AppendAllText(folder.File(FileName), JsonText.Line(epoch) + "\n");

    /// <summary>Rewrites the lines of all epochs: a resumed run keeps only those up to its checkpoint.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static void Write(RunFolder folder, IEnumerable<EpochMetrics> history) =>
        Disk.ReplaceText(folder.File(FileName), string.Concat(history.Select(e => JsonText.Line(e) + "\n")));
}
