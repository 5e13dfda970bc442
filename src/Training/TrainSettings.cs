using GpuCtr.Data.Features;
using GpuCtr.Data.Options;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;

namespace GpuCtr.Training;

/// <summary>The options of a run, checked, and what follows from them.</summary>
/// <param name="Options">What was asked for.</param>
/// <param name="Features">What columns are for, and how they are read.</param>
/// <param name="Model">What the model computes; known once the columns are.</param>
/// <param name="LearningRate">The learning rate of every step.</param>
/// <param name="Patience">Epochs in a row without a better value before training stops; 0 = never.</param>
/// <param name="Memory">What the process may take.</param>
/// <param name="FitCache">Folder of earlier fit passes; null = none.</param>
internal sealed record TrainSettings(
    TrainOptions Options, FeatureOptions Features, ModelOptions Model, LearningRateSchedule LearningRate, int Patience, MemoryBudget Memory, string? FitCache)
{
    private const long FreeRowBytes = 4L << 30;

    /// <summary>Threads that decode.</summary>
    public int Workers => Features.Workers;

    /// <summary>Checks options before any file is read; those of the model for the first one that it can be.</summary>
    /// <exception cref="GpuCtrException">Usage: a value that cannot be, or values that do not go together.</exception>
    /// <exception cref="KernelException">The variant does not exist for this model.</exception>
    public static TrainSettings Of(TrainOptions options)
    {
        if (options.Shards.Count == 0)
            throw GpuCtrException.UsageError(options.Resume && options.Out is { } run
                ? $"--resume: {run} holds no run to resume; add shards to start one there, or correct --out"
                : "no shards to train on; write them before the flags, because a flag with several values takes everything up to the next flag");
        OptionCheck.Check(options);
        OptionCheck.Check(options.Features);
        TrainingDefaults own = Variants.Training(options.Variant);
        MemoryBudget memory = new(options.Memory?.Bytes, FreeRowBytes);
        string model = options.ModelName ?? (options.Variant is { } variant ? Variants.ModelsOf(variant).First() : ModelCatalog.Default(histories: false).Name);
        if (options.Monitor == "gauc" && options.Features.GroupId is null)
            throw GpuCtrException.UsageError("--monitor gauc needs --group-id, the column that groups rows");
        return new TrainSettings(
            options,
            options.Features with { MemoryBytes = memory.FitBytes, Workers = options.Device.Decoders },
            ModelOf(options, model),
            new(options.LearningRate ?? own.LearningRate, options.LrWarmup, options.LrPlateau ?? own.LrPlateau, options.LrSteps),
            options.Patience ?? own.Patience,
            memory,
            Data.Features.FitCache.Folder(options.FitCache ?? ""));
    }

    /// <summary>The same for the model that follows from the columns.</summary>
    /// <exception cref="GpuCtrException">Usage: a value that cannot be, or values that do not go together.</exception>
    /// <exception cref="KernelException">The variant does not exist for this model.</exception>
    public TrainSettings For(string model) => this with { Model = ModelOf(Options, model) };

    private static ModelOptions ModelOf(TrainOptions options, string name)
    {
        ModelOptions model = options.Model(Variants.Of(name, options.Variant).Model);
        OptionCheck.Check(model);
        return model.Contradiction() is { } fault ? throw GpuCtrException.UsageError(fault) : model;
    }
}
