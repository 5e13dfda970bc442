using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;

namespace GpuCtr.Models;

/// <summary>Activations of hidden layers.</summary>
public enum Activations
{
    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>1 / (1 + e^{−x}).</summary>
    Sigmoid,

    /// <summary>max(0, x) + α min(0, x).</summary>
    PRelu,

    /// <summary>Data-adaptive, with batch statistics (Zhou et al. 2018).</summary>
    Dice,
}

/// <summary>Everything that decides what a model computes and how it learns; saved with every run.</summary>
public sealed record ModelOptions
{
    /// <summary>Architecture: one of <see cref="ModelCatalog.Names"/>.</summary>
    public string Model { get; init; } = "deepfm";

    /// <summary>D: width of an embedding vector.</summary>
    public int EmbeddingDim { get; init; } = 16;

    /// <summary>Standard deviation of new embeddings and first-order weights.</summary>
    public double EmbeddingInitStd { get; init; } = 1e-4;

    /// <summary>Widths of the hidden layers.</summary>
    public IReadOnlyList<int> HiddenUnits { get; init; } = [400, 400, 400];

    /// <summary>Activation of the hidden layers.</summary>
    public Activations Activation { get; init; } = Activations.Relu;

    /// <summary>Widths of the attention unit's hidden layers (DIN).</summary>
    public IReadOnlyList<int> AttentionUnits { get; init; } = [80, 40];

    /// <summary>Activation of the attention unit.</summary>
    public Activations AttentionActivation { get; init; } = Activations.Dice;

    /// <summary>How attention scores become weights.</summary>
    public AttentionNormalization AttentionNormalization { get; init; } = AttentionNormalization.None;

    /// <summary>How the vectors of multi-valued fields, and of the base model's histories, become one.</summary>
    public PoolingKind Pooling { get; init; } = PoolingKind.Mean;

    /// <summary>Probability that a hidden unit is dropped, in [0, 1).</summary>
    public double Dropout { get; init; }

    /// <summary>Batch normalization before every activation.</summary>
    public bool BatchNorm { get; init; }

    /// <summary>Numeric fields take part in the factorization machine.</summary>
    public bool FmNumeric { get; init; } = true;

    /// <summary>Optimizer of all parameters.</summary>
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.Adam;

    /// <summary>Which rows of the tables move in a step.</summary>
    public EmbeddingUpdate EmbeddingUpdate { get; init; } = EmbeddingUpdate.Lazy;

    /// <summary>λ of L2 on the weight matrices of dense layers; biases and normalization are free.</summary>
    public double L2 { get; init; }

    /// <summary>λ of L2 on embeddings and first-order weights.</summary>
    public double EmbeddingL2 { get; init; }

    /// <summary>Embedding L2 acts on whole tables in every step; false: on the rows of the batch.</summary>
    public bool EmbeddingL2Full { get; init; }

    /// <summary>λ of mini-batch aware regularization on embeddings: λ w / n for each row of the batch, n its occurrences in the training set.</summary>
    public double MbaLambda { get; init; }

    /// <summary>Largest norm of the gradient; 0 = no clipping.</summary>
    public double ClipNorm { get; init; }

    /// <summary>Decides initial weights and dropout.</summary>
    public ulong Seed { get; init; } = 1;
}
