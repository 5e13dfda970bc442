using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Recurrent;

namespace GpuCtr.Models;

/// <summary>Default training options of a variant.</summary>
/// <param name="LearningRate">Learning rate.</param>
/// <param name="LrPlateau">Factor on the learning rate after an epoch without a better value; 1 = off.</param>
/// <param name="Patience">Consecutive epochs without improvement before training stops.</param>
public sealed record TrainingDefaults(double LearningRate = 1e-3, double LrPlateau = 1, int Patience = 2);

/// <summary>A model as another implementation defines it.</summary>
/// <param name="Model">Options of the model.</param>
/// <param name="Training">Training options.</param>
public sealed record Variant(ModelOptions Model, TrainingDefaults Training);

/// <summary>Presets that reproduce other implementations, by name; docs/variants.md lists the differences and sources.</summary>
public static class Variants
{
    private const string FuxiCtr = "fuxictr", DeepCtr = "deepctr", RecHub = "rechub", DinOfficial = "din-official", DienOfficial = "dien-official";

    // All variants update every row in every step, except din-official, whose plain SGD gives the same result either way.
    private static readonly Dictionary<(string Variant, string Model), Func<ModelOptions, ModelOptions>> Presets = new()
    {
        [(FuxiCtr, "deepfm")] = own => FuxiTraining(own) with { HiddenUnits = [64, 64, 64] },
        [(FuxiCtr, "din")] = own => FuxiTraining(own) with
        {
            AttentionNormalization = AttentionNormalization.None,
            HiddenUnits = [512, 128, 64],
            Activation = Activations.Relu,
            AttentionUnits = [64],
            Dice = new(Epsilon: 1e-9, Momentum: 0.01, UnbiasedVariance: true),
            PadHistories = true,
        },
        [(DeepCtr, "deepfm")] = DeepCtrInputs,
        [(DeepCtr, "din")] = own => DeepCtrInputs(own) with
        {
            AttentionNormalization = AttentionNormalization.None,
            Activation = Activations.Relu,
            AttentionUnits = [64, 16],
            Dice = new(DiceNormalizations.AffineUnits, Epsilon: 1e-8, Momentum: 0.1),
            PadHistories = true,
        },
        [(RecHub, "deepfm")] = own => RecHubLayers(own) with { FirstOrder = FirstOrders.Vectors },
        [(RecHub, "din")] = own => RecHubLayers(own) with
        {
            AttentionNormalization = AttentionNormalization.None,
            AttentionUnits = [36],
            AttentionBatchNorm = true,
            AttentionPerColumn = true,
            Dice = new(DiceNormalizations.Features, Epsilon: 1e-3, AlphaInitStd: 1),
            PadHistories = true,
        },
        [(DinOfficial, "din")] = own => own with
        {
            HiddenUnits = [80, 40],
            Activation = Activations.Sigmoid,
            AttentionUnits = [80, 40],
            AttentionActivation = Activations.Sigmoid,
            AttentionNormalization = AttentionNormalization.ScaledSoftmax,
            HistoryProjection = true,
            TargetProduct = true,
            TargetBias = true,
            Optimizer = OptimizerKind.Sgd,
            ClipNorm = 5,
        },
        // There, the mean over two softmax outputs halves the click loss, so its auxiliary loss of weight 1 has weight 2 here.
        [(DienOfficial, "dien")] = own => own with
        {
            HiddenUnits = [200, 80],
            Activation = Activations.Dice,
            Dice = new(Epsilon: 1e-9),
            InputNorm = true,
            ProbabilityEpsilon = 1e-8,
            GruReset = GruReset.Before,
            InterestScores = InterestScores.Unit,
            AttentionUnits = [80, 40],
            AttentionActivation = Activations.Sigmoid,
            Evolution = Evolutions.AugruOfficial,
            AuxiliaryForm = NextItemForms.Mlp2,
            AuxiliaryAverage = PairAverages.Padded,
            AuxiliaryLoss = 2,
            HistorySum = true,
            TargetProduct = true,
            EmbeddingUpdate = EmbeddingUpdate.Dense,
        },
        [(DienOfficial, "din")] = own => own with
        {
            HiddenUnits = [200, 80],
            Activation = Activations.Dice,
            AttentionUnits = [80, 40],
            AttentionActivation = Activations.Sigmoid,
            AttentionNormalization = AttentionNormalization.Softmax,
            Dice = new(Epsilon: 1e-9),
            InputNorm = true,
            ProbabilityEpsilon = 1e-8,
            HistorySum = true,
            EmbeddingUpdate = EmbeddingUpdate.Dense,
        },
    };

    /// <summary>All names.</summary>
    public static IEnumerable<string> Names { get; } = [.. Presets.Keys.Select(k => k.Variant).Distinct()];

    /// <summary>The models that a variant exists for.</summary>
    public static IEnumerable<string> ModelsOf(string variant) => Presets.Keys.Where(k => k.Variant == variant).Select(k => k.Model);

    /// <summary>The model of a run that names a variant and no model: the first that it exists for and that suits the data.</summary>
    /// <param name="variant">The variant; null for our own defaults.</param>
    /// <param name="histories">Whether the data has histories.</param>
    public static string DefaultModel(string? variant, bool histories) =>
        (variant is null ? null : ModelsOf(variant).FirstOrDefault(m => ModelCatalog.ReadsHistories(m) == histories)) ?? ModelCatalog.Default(histories).Name;

    /// <summary>Training options of a variant; null without a variant.</summary>
    public static TrainingDefaults Training(string? variant) => variant switch
    {
        FuxiCtr => new(LrPlateau: 0.1, Patience: 2),
        DinOfficial => new(LearningRate: 1),
        _ => new(),
    };

    /// <summary>A model in a variant; null for our own defaults.</summary>
    /// <exception cref="KernelException">There is no such variant, or not for this model.</exception>
    public static Variant Of(string model, string? variant)
    {
        ModelOptions own = ModelCatalog.Defaults(model);
        if (variant is null)
            return new(own, Training(null));
        if (Presets.TryGetValue((variant, model), out Func<ModelOptions, ModelOptions>? preset))
            return new(preset(own), Training(variant));
        throw new KernelException(ModelsOf(variant).Any()
            ? $"variant '{variant}' does not exist for {model}; it is one of {string.Join(", ", ModelsOf(variant))}, and {model} has {List(Names.Where(n => ModelsOf(n).Contains(model)))}"
            : $"variant '{variant}' is not one of {List(Names)}");
    }

    private static string List(IEnumerable<string> names) => names.Any() ? string.Join(", ", names) : "none";

    private static ModelOptions FuxiTraining(ModelOptions own) => own with
    {
        EmbeddingInitStd = 1e-4,
        EmbeddingUpdate = EmbeddingUpdate.Dense,
        EmbeddingL2Scope = L2Scope.Full,
        ClipNorm = 10,
    };

    private static ModelOptions DeepCtrInputs(ModelOptions own) => own with
    {
        HiddenUnits = [256, 128],
        NumericInput = NumericInputs.Values,
        EmbeddingInitStd = 1e-4,
        HiddenInitStd = 1e-4,
        EmbeddingUpdate = EmbeddingUpdate.Dense,
    };

    private static ModelOptions RecHubLayers(ModelOptions own) => own with
    {
        NumericInput = NumericInputs.Values,
        BatchNorm = true,
        EmbeddingInitStd = 1e-4,
        EmbeddingUpdate = EmbeddingUpdate.Dense,
    };
}
