using System.Globalization;
using GpuCtr.Engine.Checkpoints;

namespace GpuCtr.Engine.Training;

/// <summary>A row for every epoch.</summary>
internal sealed class EpochTable(Journal journal)
{
    private bool started;

    /// <summary>Adds a row.</summary>
    public void Add(EpochResult result, double seconds)
    {
        if (!started)
            journal.Line("epoch  train logloss  valid logloss  valid AUC  valid gAUC  seconds");
        started = true;
        journal.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Epoch,5}  {Number(result.TrainLogLoss, 13)}  {Number(result.Valid?.LogLoss, 13)}  {Number(result.Valid?.Auc, 9)}  {Number(result.Valid?.Gauc, 10)}  {seconds,7:F1}{(result.IsBest ? "  * best" : "")}"));
    }

    /// <summary>One line with the metrics of some rows.</summary>
    public static string Describe(string name, Evaluation e)
    {
        string gauc = e.Groups is null ? "" : string.Create(CultureInfo.InvariantCulture, $"  gAUC {Number(e.Gauc)} ({e.Groups.GroupsUsed:N0} groups, {e.Groups.GroupsLeftOut:N0} with one label left out)");
        return string.Create(CultureInfo.InvariantCulture, $"{name}: {e.Rows:N0} rows  AUC {Number(e.Auc)}  logloss {Number(e.LogLoss)}{gauc}  calibration {Number(e.Calibration.Ratio)}");
    }

    /// <summary>One line with the metrics that a checkpoint keeps.</summary>
    public static string Describe(string name, CheckpointMetrics m) => string.Create(
        CultureInfo.InvariantCulture,
        $"{name}: {m.Rows:N0} rows  AUC {Number(m.Auc)}  logloss {Number(m.Logloss)}{(m.Gauc is null ? "" : $"  gAUC {Number(m.Gauc)}")}");

    private static string Number(double? value, int width = 0) => (value?.ToString("F5", CultureInfo.InvariantCulture) ?? "–").PadLeft(width);
}
