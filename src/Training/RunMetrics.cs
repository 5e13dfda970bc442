using System.Text.Json.Serialization;

namespace GpuCtr.Training;

/// <summary>The metrics of a finished run, under the names that --json uses: of the test rows, or else of the validation rows in the best epoch.</summary>
/// <param name="Auc">AUC; null where it is not defined.</param>
/// <param name="Logloss">Logloss; null for models that predict items.</param>
/// <param name="Gauc">AUC by group; null without groups.</param>
/// <param name="Rows">Rows that were measured.</param>
/// <param name="ValidAuc">AUC of the validation rows in the best epoch.</param>
/// <param name="Epochs">Epochs that were trained.</param>
/// <param name="RowsPerSecond">Training rows per second.</param>
/// <param name="TrainSeconds">Wall time of the whole run.</param>
/// <param name="WeightsHash">XXH3 (128 bits) of the weights of the best epoch, in hexadecimal: equal for equal bits.</param>
/// <param name="Device">The device.</param>
/// <param name="TrainAuxiliaryLoss">Mean auxiliary loss of the last epoch; null if the model has none.</param>
/// <param name="Hr10">HR@10 where items are predicted.</param>
/// <param name="Ndcg">NDCG@10 for models that predict items, NDCG@k for lists.</param>
/// <param name="Mrr">MRR where items are predicted.</param>
/// <param name="ValidNdcg">The NDCG of the validation rows in the best epoch.</param>
/// <param name="Exchanged">Traffic of the whole run with other ranks; null on one rank.</param>
/// <param name="Monitored">The metric that decided which epoch is best.</param>
public sealed record RunMetrics(
    double? Auc, double? Logloss, double? Gauc, long Rows, double? ValidAuc, int Epochs,
    double RowsPerSecond, double TrainSeconds, string WeightsHash, string Device,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? TrainAuxiliaryLoss = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Hr10 = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Ndcg = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Mrr = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? ValidNdcg = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RankTraffic? Exchanged = null,
    [property: JsonIgnore] MonitoredBest? Monitored = null);

/// <summary>The best value of the monitored metric.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Value">Its best value; null if it was never defined.</param>
/// <param name="Epoch">The epoch of that value.</param>
public sealed record MonitoredBest(string Metric, double? Value, int Epoch);
