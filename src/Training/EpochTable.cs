using System.Globalization;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Metrics;

namespace GpuCtr.Training;

/// <summary>The table of epochs.</summary>
internal sealed class EpochTable(RunLog runLog)
{
    private string[]? head;

    /// <summary>Adds a row.</summary>
    /// <param name="result">The epoch.</param>
    /// <param name="seconds">How long it took.</param>
    /// <param name="monitored">The monitored metric; shown if it is not the one that was asked for.</param>
    public void Add(EpochResult result, double seconds, MonitoredValue monitored)
    {
        bool first = head is null;
        // A column of its own where the model has such a loss: logloss never includes it.
        head ??= ["epoch", "train logloss", .. result.TrainAuxiliaryLoss is null ? Array.Empty<string>() : ["auxiliary loss"], "valid logloss", "valid AUC", "valid gAUC", "seconds", "      "];
        string[] auxiliary = head.Contains("auxiliary loss") ? [Number(result.TrainAuxiliaryLoss)] : [];
        string[] cells =
        [
            $"{result.Epoch}", Number(result.TrainLogLoss), .. auxiliary, Number(result.Valid?.LogLoss), Number(result.Valid?.Auc), Number(result.Valid?.Gauc),
            seconds.ToString("F1", CultureInfo.InvariantCulture), result.IsBest ? $"* best{(monitored.FellBack ? $" by {monitored.Metric}" : "")}" : "",
        ];
        runLog.Row(head, cells, first);
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

    /// <summary>A metric; a dash if it is undefined.</summary>
    public static string Number(double? value) => value?.ToString("F5", CultureInfo.InvariantCulture) ?? "–";
}
