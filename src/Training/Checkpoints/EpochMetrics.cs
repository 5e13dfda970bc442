using System.Text.Json.Serialization;

namespace GpuCtr.Training.Checkpoints;

/// <summary>Metrics of an epoch: a line of metrics.jsonl, and an entry of the history in a manifest.</summary>
internal sealed record EpochMetrics(
    int Epoch, int Step, double? TrainLogloss, double? ValidLogloss, double? ValidAuc, double? ValidGauc, long ValidRows, double? ValidCalibration,
    double LearningRate, double TrainSeconds, double LoaderWaitSeconds, double RowsPerSecond, int SkippedSteps, bool Best,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? TrainAuxiliaryLoss = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? ValidHr10 = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? ValidNdcg = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? ValidMrr = null);
