using System.Text.Json.Serialization;

namespace GpuCtr.Training;

/// <summary>The metrics of a finished run, under the names that --json uses.</summary>
internal sealed record RunMetrics(
    double? Auc, double? Logloss, double? Gauc, long Rows, double? ValidAuc, int Epochs,
    double RowsPerSecond, double TrainSeconds, string WeightsHash, string Device,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? TrainAuxiliaryLoss = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Hr10 = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Ndcg = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Mrr = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? ValidNdcg = null,
    [property: JsonIgnore] MonitoredBest? Monitored = null);

/// <summary>The best value of the monitored metric.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Value">Its best value; null if it was never defined.</param>
/// <param name="Epoch">The epoch of that value.</param>
internal sealed record MonitoredBest(string Metric, double? Value, int Epoch);
