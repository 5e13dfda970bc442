using GpuCtr.Kernels.Optimizers;
using static System.FormattableString;

namespace GpuCtr.Models;

/// <summary>The allowed range of an integer option.</summary>
public readonly record struct WholeRange(int Least, int Most)
{
    /// <summary>Whether a number is in the range.</summary>
    public bool Contains(int value) => value >= Least && value <= Most;
}

/// <summary>Ranges of the options of a model, for flags and for checkpoints, whose content is not trusted.</summary>
public static class ModelLimits
{
    /// <summary>Largest number of hidden layers of a tower or an attention unit.</summary>
    public const int MostLayers = 64;

    /// <summary>Width of an embedding.</summary>
    public static WholeRange EmbeddingDim { get; } = new(1, 4096);

    /// <summary>Units of a layer.</summary>
    public static WholeRange LayerUnits { get; } = new(1, 1 << 16);

    /// <summary>Cross layers.</summary>
    public static WholeRange CrossLayers { get; } = new(1, 64);

    /// <summary>Rank of a cross layer; 0 = full.</summary>
    public static WholeRange CrossRank { get; } = new(0, 1 << 16);

    /// <summary>Blocks of a transformer.</summary>
    public static WholeRange TransformerBlocks { get; } = new(1, 64);

    /// <summary>Heads of an attention; 0 = by its width.</summary>
    public static WholeRange AttentionHeads { get; } = new(0, 1 << 16);

    /// <summary>Rows of a batch.</summary>
    public static WholeRange BatchRows { get; } = new(1, 1 << 20);

    /// <summary>Entries of a list that are read.</summary>
    public static WholeRange ListLength { get; } = new(1, 1 << 16);

    /// <summary>Description of the first option out of range; null if all are valid.</summary>
    public static string? FaultOf(ModelOptions o) =>
        (ModelCatalog.Names.Contains(o.Model) ? null : $"model '{o.Model}' is not one of {string.Join(", ", ModelCatalog.Names)}")
        ?? Whole("embedding_dim", o.EmbeddingDim, EmbeddingDim)
        ?? Layers("hidden_units", o.HiddenUnits)
        ?? Layers("attention_units", o.AttentionUnits)
        ?? Whole("cross_layers", o.CrossLayers, CrossLayers)
        ?? Whole("cross_rank", o.CrossRank, CrossRank)
        ?? Whole("transformer_blocks", o.TransformerBlocks, TransformerBlocks)
        ?? Whole("attention_heads", o.AttentionHeads, AttentionHeads)
        ?? Real("dropout", o.Dropout, 1) ?? Real("momentum", o.Momentum, 1)
        ?? Real("embedding_init_std", o.EmbeddingInitStd) ?? Real("hidden_init_std", o.HiddenInitStd)
        ?? Real("l2", o.L2) ?? Real("embedding_l2", o.EmbeddingL2) ?? Real("mba_lambda", o.MbaLambda) ?? Real("clip_norm", o.ClipNorm)
        ?? Real("epsilon of dice", o.Dice.Epsilon) ?? Real("momentum of dice", o.Dice.Momentum, 1.0000001) ?? Real("alpha_init_std of dice", o.Dice.AlphaInitStd)
        ?? (o.FirstOrderFtrl is { } f ? Real("alpha of first_order_ftrl", f.Alpha) ?? Real("l1", f.L1) ?? Real("l2", f.L2) ?? Real("beta", f.Beta) : null)
        ?? (o.Momentum > 0 && o.Optimizer != OptimizerKind.Sgd ? $"momentum needs sgd, not {o.Optimizer}" : null);

    private static string? Whole(string name, int value, WholeRange range) => range.Contains(value) ? null : $"{name} {value} is not from {range.Least} to {range.Most}";

    private static string? Layers(string name, IReadOnlyList<int> units) => units.Count > MostLayers ? $"{name} has {units.Count} layers, at most {MostLayers} are possible"
        : units.Select(u => Whole(name, u, LayerUnits)).FirstOrDefault(fault => fault is not null);

    private static string? Real(string name, double value, double limit = double.PositiveInfinity) =>
        value >= 0 && value < limit ? null : Invariant($"{name} {value} is not a number of at least 0{(double.IsFinite(limit) ? $" and at most {limit:0.#}" : "")}");
}
