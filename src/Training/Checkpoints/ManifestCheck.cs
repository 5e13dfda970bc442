using GpuCtr.Data.Options;

namespace GpuCtr.Training.Checkpoints;

/// <summary>Validates the content of a manifest. A forged manifest can have a matching digest, so nothing in it is trusted before this check.</summary>
internal static class ManifestCheck
{
    /// <summary>Description of the first invalid entry; null if all are valid.</summary>
    /// <param name="m">The manifest.</param>
    /// <param name="needed">Files that every checkpoint has.</param>
    public static string? FaultOf(CheckpointManifest m, params string[] needed)
    {
        if (m.Files.Values.Contains(null!))
            return "a file without size and hash";
        if (needed.FirstOrDefault(name => !m.Files.ContainsKey(name)) is { } missing)
            return $"it does not list {missing}";
        if (m.History is not null && m.History.Contains(null!))
            return "an epoch of its history is null";
        if (m.BatchSize is < 1 or > TrainOptions.MostBatchRows)
            return $"batch_size {m.BatchSize} is not from 1 to {TrainOptions.MostBatchRows}";
        return OptionCheck.FaultOf(m.Model) ?? m.Model.Contradiction() ?? FaultOf(m.Position);
    }

    private static string? FaultOf(TrainingPosition p) =>
        p.Step < 0 || p.Epoch < 0 || p.EpochRows < 0 || p.BestEpoch < 0 || p.StaleEpochs < 0 ? "its position has a negative count"
        : !double.IsFinite(p.PlateauFactor) || p.PlateauFactor < 0 ? $"plateau_factor {p.PlateauFactor} cannot be"
        : p.BestValue is { } best && !double.IsFinite(best) || new[] { p.LossSum, p.AuxiliaryLossSum }.Any(sum => sum is { } loss && !double.IsFinite(loss)) ? "its position has a value that is not finite"
        : p.Shuffle is { WindowBlocks: < 0 } ? $"window_blocks {p.Shuffle.WindowBlocks} cannot be"
        : null;
}
