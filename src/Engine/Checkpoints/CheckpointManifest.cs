using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Engine.Checkpoints;

/// <summary>A file of a checkpoint, to notice when it is damaged.</summary>
/// <param name="Bytes">Length.</param>
/// <param name="Xxh3">XXH3 of its bytes, 64 bit, in hexadecimal.</param>
internal sealed record FileDigest(long Bytes, string Xxh3);

/// <summary>Where training stands.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Epoch">The epoch that was last worked on, from 1.</param>
/// <param name="EpochRows">Rows of that epoch that were trained on; all of them at its end.</param>
/// <param name="EpochDone">Whether the validation at its end is done as well.</param>
/// <param name="PlateauFactor">Product of the plateau factors so far.</param>
/// <param name="BestValue">Best monitored value so far.</param>
/// <param name="BestEpoch">The epoch it comes from; 0 before the first.</param>
/// <param name="StaleEpochs">Epochs in a row without a better value.</param>
internal sealed record TrainingPosition(
    int Step, int Epoch, long EpochRows, bool EpochDone, double PlateauFactor, double? BestValue, int BestEpoch, int StaleEpochs);

/// <summary>The metrics of a checkpoint that a reader looks for; null where undefined or not measured.</summary>
internal sealed record CheckpointMetrics(double? Auc, double? Logloss, double? Gauc, long Rows);

/// <summary>manifest.json: what a checkpoint holds. It is written last, so a checkpoint with a manifest is complete.</summary>
/// <param name="Format">Version of the layout.</param>
/// <param name="Version">Version of the program that wrote it.</param>
/// <param name="Position">Where training stood.</param>
/// <param name="Valid">Metrics on the validation rows.</param>
/// <param name="BatchSize">Rows of a training step.</param>
/// <param name="Model">What the model computes.</param>
/// <param name="Spec">What it reads.</param>
/// <param name="Files">Every other file of the checkpoint.</param>
internal sealed record CheckpointManifest(
    int Format,
    string Version,
    TrainingPosition Position,
    CheckpointMetrics? Valid,
    int BatchSize,
    ModelOptions Model,
    FeatureSpec Spec,
    IReadOnlyDictionary<string, FileDigest> Files)
{
    /// <summary>The layout that this version writes and reads.</summary>
    public const int CurrentFormat = 1;
}
