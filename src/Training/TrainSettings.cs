using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Models;

namespace GpuCtr.Training;

/// <summary>What a training run does, resolved and checked.</summary>
internal sealed record TrainSettings
{
    /// <summary>Training shards as named by the user.</summary>
    public required IReadOnlyList<string> Shards { get; init; }

    /// <summary>Validation shards; none = a share of the training rows.</summary>
    public IReadOnlyList<string> Valid { get; init; } = [];

    /// <summary>That share.</summary>
    public double ValidFraction { get; init; } = 0.1;

    /// <summary>Test shards.</summary>
    public IReadOnlyList<string> Test { get; init; } = [];

    /// <summary>What the user said about columns.</summary>
    public FeatureOptions Features { get; init; } = new();

    /// <summary>The architecture; null = by the columns.</summary>
    public string? ModelName { get; init; }

    /// <summary>What the model computes; known once the columns are.</summary>
    public ModelOptions Model { get; init; } = new();

    /// <summary>The most passes over the training rows.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>B.</summary>
    public int BatchSize { get; init; } = 4096;

    /// <summary>The learning rate of every step.</summary>
    public required LearningRateSchedule LearningRate { get; init; }

    /// <summary>auc, logloss or gauc.</summary>
    public string Monitor { get; init; } = "auc";

    /// <summary>Epochs in a row without a better value before training stops; 0 = never.</summary>
    public int Patience { get; init; } = 2;

    /// <summary>When checkpoints are saved within an epoch.</summary>
    public CheckpointCadence CheckpointEvery { get; init; } = CheckpointCadence.Never;

    /// <summary>What the process may take.</summary>
    public MemoryBudget Memory { get; init; } = new(null, 4L << 30);

    /// <summary>Folder of earlier fit passes; null = none.</summary>
    public string? FitCache { get; init; }

    /// <summary>Threads that decode.</summary>
    public int Workers { get; init; } = 2;
}
