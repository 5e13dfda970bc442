using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using GpuCtr.Data;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Training.Metrics;

namespace GpuCtr.Training.Checkpoints;

/// <summary>Determines, together with the number of the epoch, the order of the epoch's rows.</summary>
/// <param name="Seed">Seed of the run.</param>
/// <param name="WindowBlocks">Row groups that are shuffled together; follows from the shards and --memory.</param>
internal sealed record ShuffleState(ulong Seed, int WindowBlocks);

/// <summary>The cursor of a training run.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Epoch">The current epoch, from 1.</param>
/// <param name="EpochRows">Rows of that epoch that were trained on; all of them at its end.</param>
/// <param name="EpochDone">Whether the validation at its end is done.</param>
/// <param name="PlateauFactor">Product of the plateau factors so far.</param>
/// <param name="BestValue">Best monitored value so far.</param>
/// <param name="BestEpoch">The epoch of the best value; 0 before the first.</param>
/// <param name="StaleEpochs">Consecutive epochs without improvement.</param>
/// <param name="Shuffle">Determines the order of the epoch's rows; null in format 1.</param>
/// <param name="LossSum">Training loss over the epoch's rows so far; null in format 1.</param>
/// <param name="AuxiliaryLossSum">Auxiliary loss over the epoch's rows so far; null if the model has none.</param>
internal sealed record TrainingPosition(
    int Step, int Epoch, long EpochRows, bool EpochDone, double PlateauFactor, double? BestValue, int BestEpoch, int StaleEpochs,
    ShuffleState? Shuffle = null, double? LossSum = null, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? AuxiliaryLossSum = null);

/// <summary>The validation metrics of a checkpoint; null if undefined or not measured. NDCG is of next items or of lists.</summary>
internal sealed record CheckpointMetrics(
    double? Auc, double? Logloss, double? Gauc, long Rows,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Hr10 = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Ndcg = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Mrr = null);

/// <summary>Content of a checkpoint besides model and features.</summary>
/// <param name="Position">The cursor.</param>
/// <param name="Valid">Metrics on the validation rows.</param>
/// <param name="BatchSize">Rows of a training step.</param>
/// <param name="History">Metrics of every finished epoch.</param>
/// <param name="Config">The content of config.json.</param>
/// <param name="Canaries">Rows with the scores of these weights; none within an epoch.</param>
internal sealed record RunState(TrainingPosition Position, CheckpointMetrics? Valid, int BatchSize, IReadOnlyList<EpochMetrics> History, JsonObject Config, IReadOnlyList<CanaryRow> Canaries);

/// <summary>manifest.json: the content of a checkpoint. It is written last, so a checkpoint with a manifest is complete.</summary>
/// <param name="Format">Version of the layout.</param>
/// <param name="Version">Version of the program that wrote it.</param>
/// <param name="Position">The cursor when it was written.</param>
/// <param name="Valid">Metrics on the validation rows.</param>
/// <param name="BatchSize">Rows of a training step.</param>
/// <param name="Model">Options of the model.</param>
/// <param name="Spec">Fields and vocabularies of the model.</param>
/// <param name="Files">Every other file of the checkpoint.</param>
/// <param name="History">Metrics of every finished epoch; null in format 1.</param>
/// <param name="Config">The content of config.json; null in format 1.</param>
internal sealed record CheckpointManifest(
    int Format,
    string Version,
    TrainingPosition Position,
    CheckpointMetrics? Valid,
    int BatchSize,
    ModelOptions Model,
    FeatureSpec Spec,
    IReadOnlyDictionary<string, FileDigest> Files,
    IReadOnlyList<EpochMetrics>? History = null,
    JsonObject? Config = null)
{
    /// <summary>The format that this version writes. It reads this format and all earlier ones.</summary>
    public const int CurrentFormat = 2;
}
