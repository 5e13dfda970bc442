using GpuCtr.Engine.Checkpoints;

namespace GpuCtr.Engine.Training;

/// <summary>metrics.jsonl: a line for every epoch.</summary>
internal static class MetricsLog
{
    private sealed record Line(
        int Epoch, int Step, double? TrainLogloss, double? ValidLogloss, double? ValidAuc, double? ValidGauc, long ValidRows, double? ValidCalibration,
        double LearningRate, double TrainSeconds, double LoaderWaitSeconds, double RowsPerSecond, int SkippedSteps, bool Best);

    /// <summary>Adds the line of an epoch.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static void Append(RunFolder folder, int step, EpochResult r, Trainer trainer)
    {
        Line line = new(
            r.Epoch, step, r.TrainLogLoss, r.Valid?.LogLoss, r.Valid?.Auc, r.Valid?.Gauc, r.Valid?.Rows ?? 0, r.Valid?.Calibration.Ratio,
            r.LearningRate, r.Seconds, r.WaitedSeconds, r.Rows / Math.Max(r.Seconds, 1e-9), trainer.SkippedSteps, r.IsBest);
        File.AppendAllText(folder.File("metrics.jsonl"), JsonText.Line(line) + "\n");
    }
}
