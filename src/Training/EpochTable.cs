using System.Globalization;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Metrics;

namespace GpuCtr.Training;

/// <summary>The table of epochs.</summary>
/// <param name="runLog">Where it is written.</param>
/// <param name="items">Whether items are predicted.</param>
/// <param name="grouped">Whether a column groups rows.</param>
internal sealed class EpochTable(RunLog runLog, bool items, bool grouped)
{
    private const string AuxiliaryLoss = "auxiliary loss";

    private string[]? head;

    /// <summary>Adds a row.</summary>
    /// <param name="result">The epoch.</param>
    /// <param name="seconds">How long it took.</param>
    /// <param name="monitored">The monitored metric; shown if it differs from the requested one.</param>
    public void Add(EpochResult result, double seconds, MonitoredValue monitored)
    {
        bool first = head is null;
        (string Name, double? Value)[] metrics = [.. Metrics(result)];
        head ??= ["epoch", "  steps", .. metrics.Select(m => m.Name), "seconds", .. result.Exchanged is null ? [] : RankTraffic.Heads, "      "];
        string[] cells =
        [
            $"{result.Epoch}", result.Step.ToString("N0", CultureInfo.InvariantCulture), .. metrics.Select(m => Number(m.Value)),
            seconds.ToString("F1", CultureInfo.InvariantCulture), .. result.Exchanged?.Cells(result.Seconds) ?? [], result.IsBest ? $"* best{(monitored.FellBack ? $" by {monitored.Metric}" : "")}" : "",
        ];
        runLog.Row(head, cells, first);
    }

    private IEnumerable<(string Name, double? Value)> Metrics(EpochResult result)
    {
        if (items)
        {
            return [("train loss", result.TrainLogLoss), ("valid HR@10", result.Valid?.Items?.HitRate), ("valid NDCG@10", result.Valid?.Items?.Ndcg), ("valid MRR", result.Valid?.Items?.Mrr)];
        }

        // A separate column if the model has an auxiliary loss: logloss never includes it.
        (string, double?)[] auxiliary = result.TrainAuxiliaryLoss is null && head?.Contains(AuxiliaryLoss) != true ? [] : [(AuxiliaryLoss, result.TrainAuxiliaryLoss)];
        return [("train logloss", result.TrainLogLoss), .. auxiliary, ("valid logloss", result.Valid?.LogLoss), ("valid AUC", result.Valid?.Auc),
            .. grouped ? new (string, double?)[] { ("valid gAUC", result.Valid?.Gauc) } : [],
            .. result.Valid?.Lists is { } lists ? new (string, double?)[] { ($"valid NDCG@{lists.K}", lists.Ranked.Ndcg) } : []];
    }

    /// <summary>One line with the metrics of some rows.</summary>
    public static string Describe(string name, Evaluation e)
    {
        if (e.Items is { } items)
            return Describe(name, e.Rows, items.HitRate, items.Ndcg, items.Mrr) + (e.RowsLeftOut > 0 ? string.Create(CultureInfo.InvariantCulture, $"  ({e.RowsLeftOut:N0} rows with too short a sequence left out)") : "");
        string gauc = e.Groups is null ? "" : string.Create(CultureInfo.InvariantCulture, $"  gAUC {Number(e.Gauc)} ({e.Groups.GroupsUsed:N0} groups, {e.Groups.GroupsLeftOut:N0} with one label left out)");
        return string.Create(CultureInfo.InvariantCulture, $"{name}: {e.Rows:N0} rows  AUC {Number(e.Auc)}  logloss {Number(e.LogLoss)}{gauc}{Lists(e.Lists)}  {Calibration.Name} {Number(e.Calibration.Ratio)}");
    }

    /// <summary>One line with the metrics that a checkpoint keeps.</summary>
    public static string Describe(string name, CheckpointMetrics m) => m.Hr10 is not null ? Describe(name, m.Rows, m.Hr10, m.Ndcg, m.Mrr) : string.Create(
        CultureInfo.InvariantCulture,
        $"{name}: {m.Rows:N0} rows  AUC {Number(m.Auc)}  logloss {Number(m.Logloss)}{(m.Gauc is null ? "" : $"  gAUC {Number(m.Gauc)}")}{(m.Ndcg is null ? "" : $"  NDCG {Number(m.Ndcg)}")}");

    private static string Lists(Reranking? e) => e is null ? "" : $"  NDCG@{e.K} {Number(e.Ranked.Ndcg)} (as shown {Number(e.Shown.Ndcg)})";

    private static string Describe(string name, long rows, double? hitRate, double? ndcg, double? mrr) =>
        string.Create(CultureInfo.InvariantCulture, $"{name}: {rows:N0} rows  HR@10 {Number(hitRate)}  NDCG@10 {Number(ndcg)}  MRR {Number(mrr)}");

    /// <summary>A metric; a dash if it is undefined.</summary>
    public static string Number(double? value) => value?.ToString("F5", CultureInfo.InvariantCulture) ?? "–";
}
