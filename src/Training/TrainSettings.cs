using GpuCtr.Data.Features;
using GpuCtr.Data.Options;
using GpuCtr.Data.Shards;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Ranks;

namespace GpuCtr.Training;

/// <summary>The checked options of a run, and settings derived from them.</summary>
/// <param name="Options">The options.</param>
/// <param name="Features">Roles and transforms of columns.</param>
/// <param name="Model">Options of the model; final once the columns are known.</param>
/// <param name="LearningRate">The learning rate of every step.</param>
/// <param name="Patience">Consecutive epochs without improvement before training stops; 0 = never.</param>
/// <param name="Memory">Memory limit of the process.</param>
/// <param name="FitCache">Folder of the fit cache; null = none.</param>
internal sealed record TrainSettings(
    TrainOptions Options, FeatureOptions Features, ModelOptions Model, LearningRateSchedule LearningRate, int Patience, MemoryBudget Memory, string? FitCache)
{
    private const long FreeRowBytes = 4L << 30;

    /// <summary>The validation metric that selects the best epoch.</summary>
    public string Monitor => Options.Monitor ?? (PredictsItems || RanksLists ? "ndcg" : "auc");

    /// <summary>Whether the model predicts items.</summary>
    public bool PredictsItems => ModelCatalog.Of(Model.Model).PredictsItems;

    /// <summary>Whether the loss is that of a click probability per row, not of items or whole lists.</summary>
    public bool PredictsClicks => !PredictsItems && !(RanksLists && Model.ListLoss == ListLoss.Softmax);

    /// <summary>B: rows of a step, once the rows are known.</summary>
    public int BatchSize => Options.BatchSize!.Value;

    /// <summary>Largest number of passes over the training rows, once these are known.</summary>
    public int Epochs => Options.Epochs!.Value;

    /// <summary>Threads that decode.</summary>
    public int Workers => Features.Workers;

    /// <summary>k of NDCG@k for lists; 0: it is not measured.</summary>
    public int Top => Monitor == "ndcg" || RanksLists ? Options.Top : 0;

    /// <summary>Maximum rows of a list; 0: rows are independent.</summary>
    public int ListRows => RanksLists ? BatchSize : 0;

    /// <summary>Whether there will be rows to validate on.</summary>
    public bool Validates(RunShards shards) => shards.Valid is not null || (PredictsItems && Options.LeaveOneOut) || Options.ValidLast is not null || Options.ValidFraction > 0;

    private bool RanksLists => ModelCatalog.RanksLists(Model.Model);

    /// <summary>Checks options before any file is read; if the model depends on the columns, for the first possible model.</summary>
    /// <exception cref="GpuCtrException">Usage: an invalid value, or values that contradict each other.</exception>
    /// <exception cref="KernelException">The variant does not exist for this model.</exception>
    public static TrainSettings Of(TrainOptions options)
    {
        OptionCheck.Check(options);
        OptionCheck.Check(options.Features);
        options.Device.Check();
        if ((options.Contradiction() ?? options.Features.Contradiction()) is { } fault)
            throw GpuCtrException.UsageError(fault);
        if (options.Shards.Count == 0)
            throw GpuCtrException.UsageError(options.Resume && options.Out is { } run
                ? $"--resume: {run} holds no run to resume; add shards to start one there, or correct --out"
                : "no shards to train on; write them before the flags, because a flag with several values takes everything up to the next flag");
        TrainingDefaults own = Variants.Training(options.Variant);
        MemoryBudget memory = new(options.Memory?.Bytes, FreeRowBytes);
        string model = options.ModelName ?? (options.Variant is { } variant ? Variants.ModelsOf(variant).First() : ModelCatalog.Default(histories: false).Name);
        return new TrainSettings(
            options,
            options.Features with { MemoryBytes = memory.FitBytes, Workers = options.Device.Decoders },
            ModelOf(options, model),
            new(options.LearningRate ?? own.LearningRate, options.LrWarmup, options.LrPlateau ?? own.LrPlateau, options.LrSteps),
            options.Patience ?? own.Patience,
            memory,
            Data.Features.FitCache.Folder(options.FitCache ?? ""));
    }

    /// <summary>These settings for the model that follows from the columns.</summary>
    /// <exception cref="GpuCtrException">Usage: an invalid value, or values that contradict each other.</exception>
    /// <exception cref="KernelException">The variant does not exist for this model.</exception>
    public TrainSettings For(string model) => this with { Model = ModelOf(Options, model) };

    private static ModelOptions ModelOf(TrainOptions options, string name)
    {
        ModelOptions model = options.Model(Variants.Of(name, options.Variant).Model);
        OptionCheck.Check(model);
        if (options.Features.SoftLabels && model.NegativeSampling < 1)
            throw GpuCtrException.UsageError("--negative-sampling samples rows with label 0, and --soft-labels has probabilities; leave one of them out");
        if (model.Freeze.Count > 0 && options.InitFrom is null && model.Freeze.Except(FeatureOptions.Pairs(options.InitEmbedding).Select(p => p.Column)).FirstOrDefault() is { } random)
            throw GpuCtrException.UsageError($"--freeze {ColumnNames.InShell(random)} would keep random vectors: give it vectors with --init-embedding {ColumnNames.InShell(random)}=FILE, or start from a run with --init-from");
        if (model.MbaLambda > 0 && name == LogisticRegression.Entry.Name)
            throw GpuCtrException.UsageError($"--mba-lambda regularizes embeddings, and {name} has only first-order weights: use --embedding-l2");
        if (options.Device.Ranks is { Size: > 1 } && RankModels.Refusal(model) is { } whyNot)
            throw GpuCtrException.UsageError(whyNot);
        return model.Contradiction() is { } fault ? throw GpuCtrException.UsageError(fault) : model;
    }
}
