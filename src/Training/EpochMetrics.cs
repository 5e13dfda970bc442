using System.Text.Json.Serialization;

namespace GpuCtr.Training;

/// <summary>Metrics of an epoch: a line of metrics.jsonl, and an entry of the history in a manifest.</summary>
/// <param name="Epoch">Its number, from 1.</param>
/// <param name="Step">Steps of the run so far.</param>
/// <param name="TrainLogloss">Mean training loss over its rows; null if it was not finite.</param>
/// <param name="ValidLogloss">Logloss of the validation rows; null without any.</param>
/// <param name="ValidAuc">Their AUC; null if it is not defined.</param>
/// <param name="ValidGauc">Their AUC by group; null without groups.</param>
/// <param name="ValidRows">Their number.</param>
/// <param name="ValidCalibration">Their mean score divided by their mean label.</param>
/// <param name="LearningRate">Learning rate of the last step.</param>
/// <param name="TrainSeconds">Wall time of the training steps, waiting for data included.</param>
/// <param name="LoaderWaitSeconds">Part of it spent waiting for data.</param>
/// <param name="RowsPerSecond">Training rows per second.</param>
/// <param name="SkippedSteps">Steps of the run so far that were skipped because loss or gradient was not finite.</param>
/// <param name="Best">Whether its monitored value was the best so far.</param>
/// <param name="TrainAuxiliaryLoss">Mean auxiliary loss; null if the model has none.</param>
/// <param name="ValidHr10">HR@10 where items are predicted.</param>
/// <param name="ValidNdcg">NDCG@10 for models that predict items, NDCG@k for lists.</param>
/// <param name="ValidMrr">MRR where items are predicted.</param>
/// <param name="Exchanged">Traffic of its training steps with other ranks; null on one rank.</param>
public sealed record EpochMetrics(
    int Epoch, int Step, double? TrainLogloss, double? ValidLogloss, double? ValidAuc, double? ValidGauc, long ValidRows, double? ValidCalibration,
    double LearningRate, double TrainSeconds, double LoaderWaitSeconds, double RowsPerSecond, int SkippedSteps, bool Best,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? TrainAuxiliaryLoss = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? ValidHr10 = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? ValidNdcg = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? ValidMrr = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RankTraffic? Exchanged = null);
