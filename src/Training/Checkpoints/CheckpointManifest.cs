using System.Text.Json.Nodes;
using GpuCtr.Data;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Training.Metrics;

namespace GpuCtr.Training.Checkpoints;

/// <summary>The order in which the rows of an epoch come is a function of this and the number of the epoch.</summary>
/// <param name="Seed">Seed of the run.</param>
/// <param name="WindowBlocks">Row groups that are shuffled together; follows from the shards and --memory.</param>
internal sealed record ShuffleState(ulong Seed, int WindowBlocks);

/// <summary>Where training stands.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Epoch">The epoch that was last worked on, from 1.</param>
/// <param name="EpochRows">Rows of that epoch that were trained on; all of them at its end.</param>
/// <param name="EpochDone">Whether the validation at its end is done as well.</param>
/// <param name="PlateauFactor">Product of the plateau factors so far.</param>
/// <param name="BestValue">Best monitored value so far.</param>
/// <param name="BestEpoch">The epoch it comes from; 0 before the first.</param>
/// <param name="StaleEpochs">Epochs in a row without a better value.</param>
/// <param name="Shuffle">What decides the order of the epoch's rows; null in format 1.</param>
/// <param name="LossSum">Training loss over the epoch's rows so far; null in format 1.</param>
internal sealed record TrainingPosition(
    int Step, int Epoch, long EpochRows, bool EpochDone, double PlateauFactor, double? BestValue, int BestEpoch, int StaleEpochs,
    ShuffleState? Shuffle = null, double? LossSum = null);

/// <summary>The metrics of a checkpoint that a reader looks for; null where undefined or not measured.</summary>
internal sealed record CheckpointMetrics(double? Auc, double? Logloss, double? Gauc, long Rows);

/// <summary>What a run brings to a checkpoint besides model and features.</summary>
/// <param name="Position">Where training stands.</param>
/// <param name="Valid">Metrics on the validation rows.</param>
/// <param name="BatchSize">Rows of a training step.</param>
/// <param name="History">What every finished epoch brought.</param>
/// <param name="Config">What the run was asked to do and what it found, as in config.json.</param>
internal sealed record RunState(TrainingPosition Position, CheckpointMetrics? Valid, int BatchSize, IReadOnlyList<EpochMetrics> History, JsonObject Config);

/// <summary>manifest.json: what a checkpoint holds. It is written last, so a checkpoint with a manifest is complete.</summary>
/// <param name="Format">Version of the layout.</param>
/// <param name="Version">Version of the program that wrote it.</param>
/// <param name="Position">Where training stood.</param>
/// <param name="Valid">Metrics on the validation rows.</param>
/// <param name="BatchSize">Rows of a training step.</param>
/// <param name="Model">What the model computes.</param>
/// <param name="Spec">What it reads.</param>
/// <param name="Files">Every other file of the checkpoint.</param>
/// <param name="History">What every finished epoch brought; null in format 1.</param>
/// <param name="Config">What the run was asked to do; null in format 1.</param>
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
    /// <summary>The layout that this version writes. It reads this one and all before it.</summary>
    public const int CurrentFormat = 2;
}
