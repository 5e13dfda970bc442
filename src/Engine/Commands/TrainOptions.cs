using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Models;
using GpuCtr.Training;

namespace GpuCtr.Engine.Commands;

/// <summary>From the flags of <c>train</c> to what the parts of the engine take, all checked before anything is read.</summary>
internal static class TrainOptions
{
    /// <summary>The whole run.</summary>
    /// <exception cref="GpuCtrException">Usage: a value that cannot be, or values that do not go together.</exception>
    public static TrainSettings Of(FlagValues flags)
    {
        if (flags.Shards.Count == 0 && flags.IsOn("--resume") && flags.IsGiven("--out"))
            throw GpuCtrException.UsageError($"--resume: {flags.Text("--out")} holds no run to resume; add shards to start one there, or correct --out");
        if (flags.Shards.Count == 0)
            throw GpuCtrException.UsageError("no shards to train on; write them before the flags, because a flag with several values takes everything up to the next flag");
        TrainingDefaults training = Variants.Training(VariantName(flags));
        MemoryBudget memory = DeviceFlags.Memory(flags, 4L << 30);
        TrainSettings settings = new()
        {
            Shards = flags.Shards,
            Valid = flags.Paths("--valid"),
            ValidFraction = flags.Real("--valid-fraction", 0, 1),
            Test = flags.Paths("--test"),
            Features = FeatureFlags.Of(flags) with { MemoryBytes = memory.FitBytes },
            ModelName = flags.IsGiven("--model") ? flags.Choice("--model") : null,
            Epochs = flags.Whole("--epochs", 1, 1_000_000),
            BatchSize = flags.Whole("--batch-size", ModelLimits.BatchRows),
            LearningRate = Schedule(flags, training),
            Monitor = flags.Choice("--monitor"),
            Patience = flags.IsGiven("--patience") ? flags.Whole("--patience", 0) : training.Patience,
            CheckpointEvery = CheckpointCadence.Parse(flags.Text("--checkpoint-every")),
            Memory = memory,
            FitCache = FitCache.Folder(flags.Text("--fit-cache")),
            Workers = DeviceFlags.DecodeThreads(flags),
        };
        // The model may depend on the columns, but a bad value should be said before any file is read.
        _ = Model(flags, settings.ModelName ?? (VariantName(flags) is { } variant ? Variants.ModelsOf(variant).First() : "deepfm"));
        if (settings.Monitor == "gauc" && settings.Features.GroupId is null)
            throw GpuCtrException.UsageError("--monitor gauc needs --group-id, the column that groups rows");
        return settings;
    }

    private static LearningRateSchedule Schedule(FlagValues flags, TrainingDefaults training) => new(
        flags.IsGiven("--lr") ? flags.Real("--lr") : training.LearningRate,
        flags.Whole("--lr-warmup", 0),
        flags.IsGiven("--lr-plateau") ? flags.Real("--lr-plateau") : training.LrPlateau,
        flags.Pairs("--lr-steps"));

    private static string? VariantName(FlagValues flags) => flags.IsGiven("--variant") ? flags.Choice("--variant") : null;

    /// <summary>What a model computes: its own defaults or those of a variant, and what the flags say otherwise.</summary>
    /// <exception cref="GpuCtrException">Usage: a value that cannot be, or values that do not go together.</exception>
    /// <exception cref="Kernels.Devices.KernelException">The variant does not exist for this model.</exception>
    public static ModelOptions Model(FlagValues flags, string name)
    {
        ModelOptions own = Variants.Of(name, VariantName(flags)).Model;
        EmbeddingUpdate update = Word(flags, "--embedding-update", own.EmbeddingUpdate);
        bool full = flags.IsGiven("--embedding-l2-scope") ? flags.Choice("--embedding-l2-scope") == "full" : own.EmbeddingL2Full;
        if (full && update != EmbeddingUpdate.Dense)
            throw GpuCtrException.UsageError($"--embedding-l2-scope full needs --embedding-update dense, not {update.ToString().ToLowerInvariant()}: L2 on whole tables gives rows outside the batch a gradient");
        OptimizerKind optimizer = Word(flags, "--optimizer", own.Optimizer);
        return own with
        {
            EmbeddingDim = flags.IsGiven("--embedding-dim") ? flags.Whole("--embedding-dim", ModelLimits.EmbeddingDim) : own.EmbeddingDim,
            EmbeddingInitStd = flags.IsGiven("--embedding-init-std") ? flags.Real("--embedding-init-std") : own.EmbeddingInitStd,
            HiddenUnits = flags.IsGiven("--hidden-units") ? flags.Layers("--hidden-units") : own.HiddenUnits,
            Activation = Word(flags, "--activation", own.Activation),
            CrossLayers = flags.Whole("--cross-layers", ModelLimits.CrossLayers),
            CrossRank = flags.Whole("--cross-rank", ModelLimits.CrossRank),
            TransformerBlocks = flags.Whole("--transformer-blocks", ModelLimits.TransformerBlocks),
            AttentionHeads = flags.Whole("--attention-heads", ModelLimits.AttentionHeads),
            AttentionUnits = flags.IsGiven("--attention-units") ? flags.Layers("--attention-units") : own.AttentionUnits,
            AttentionActivation = Word(flags, "--attention-activation", own.AttentionActivation),
            AttentionNormalization = Word(flags, "--attention-normalization", own.AttentionNormalization),
            Dropout = flags.Real("--dropout", 0, 1),
            BatchNorm = flags.IsGiven("--batch-norm") ? flags.IsOn("--batch-norm") : own.BatchNorm,
            Pooling = Word(flags, "--pooling", own.Pooling),
            FmNumeric = flags.Choice("--fm-numeric") == "on",
            Optimizer = optimizer,
            Momentum = Momentum(flags, optimizer),
            FirstOrderFtrl = Ftrl(flags),
            EmbeddingUpdate = update,
            L2 = flags.Real("--l2"),
            EmbeddingL2 = flags.Real("--embedding-l2"),
            EmbeddingL2Full = full,
            MbaLambda = flags.Real("--mba-lambda"),
            ClipNorm = flags.IsGiven("--clip-norm") ? flags.Real("--clip-norm") : own.ClipNorm,
            Seed = (ulong)flags.Whole("--seed", 0),
        };
    }

    private static double Momentum(FlagValues flags, OptimizerKind optimizer)
    {
        double momentum = flags.Real("--momentum", 0, 1);
        return momentum == 0 || optimizer == OptimizerKind.Sgd
            ? momentum
            : throw GpuCtrException.UsageError($"--momentum {flags.Text("--momentum")} needs --optimizer sgd, and this run uses {optimizer.ToString().ToLowerInvariant()}: add --optimizer sgd, or leave --momentum out");
    }

    private static FtrlOptions? Ftrl(FlagValues flags)
    {
        const string name = "--first-order-ftrl";
        if (!flags.IsGiven(name))
            return null;
        return flags.Reals(name) switch
        {
            [> 0 and var alpha, var l1, var l2] => new(alpha, l1, l2),
            [> 0 and var alpha, var l1, var l2, > 0 and var beta] => new(alpha, l1, l2, beta),
            _ => throw GpuCtrException.UsageError($"{name} {string.Join(',', flags.List(name))}: expected α,λ₁,λ₂ or α,λ₁,λ₂,β with α and β above 0, such as 0.1,0,0"),
        };
    }

    private static T Word<T>(FlagValues flags, string name, T otherwise) where T : struct, Enum =>
        flags.IsGiven(name) ? Enum.Parse<T>(flags.Choice(name).Replace("-", "", StringComparison.Ordinal), ignoreCase: true) : otherwise;
}
