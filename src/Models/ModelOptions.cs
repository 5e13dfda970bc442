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

    /// <summary>max(0, x) + 0.01 min(0, x).</summary>
    LeakyRelu,

    /// <summary>Data-adaptive, with batch statistics (Zhou et al. 2018).</summary>
    Dice,
}

/// <summary>How numeric columns enter a model.</summary>
public enum NumericInputs
{
    /// <summary>Field vectors x_n V_n, like those of ids.</summary>
    Vectors,

    /// <summary>Their values, concatenated with the field vectors in the input of the MLP.</summary>
    Values,
}

/// <summary>The linear part of a model (first order).</summary>
public enum FirstOrders
{
    /// <summary>A weight for each id and each numeric column.</summary>
    Weights,

    /// <summary>A linear layer over the concatenated field vectors.</summary>
    Vectors,
}

/// <summary>Input of the gate of Dice, from its input x.</summary>
public enum DiceNormalizations
{
    /// <summary>x normalized for each unit over the rows.</summary>
    Units,

    /// <summary>The same with trained scale and shift for each unit: a full batch normalization.</summary>
    AffineUnits,

    /// <summary>x normalized for each row over the units (<see cref="Kernels.Dense.FeatureNorm"/>), and one α for all units.</summary>
    Features,
}

/// <summary>The form of Dice, in which implementations differ.</summary>
/// <param name="Normalization">Input of the gate.</param>
/// <param name="Epsilon">ε under the root.</param>
/// <param name="Momentum">Share of the batch in running averages.</param>
/// <param name="UnbiasedVariance">Running variances use n / (n − 1) times the batch variance; with scale and shift they always do.</param>
/// <param name="AlphaInitStd">Standard deviation of new α.</param>
public sealed record DiceForm(
    DiceNormalizations Normalization = DiceNormalizations.Units, double Epsilon = 1e-8, double Momentum = 0.01, bool UnbiasedVariance = false, double AlphaInitStd = 0);

/// <summary>FTRL-proximal (McMahan et al., KDD 2013) for the first-order weights of ids.</summary>
/// <param name="Alpha">α: the learning rate, divided by β + √n of each weight.</param>
/// <param name="L1">λ₁: weights with less evidence are exactly 0.</param>
/// <param name="L2">λ₂.</param>
/// <param name="Beta">β.</param>
public sealed record FtrlOptions(double Alpha, double L1, double L2, double Beta = 1);

/// <summary>All options of a model: what it computes and how it learns; saved with every run.</summary>
public sealed record ModelOptions
{
    /// <summary>Architecture: one of <see cref="ModelCatalog.Names"/>.</summary>
    public string Model { get; init; } = "deepfm";

    /// <summary>D: width of an embedding vector; field-aware models have one for each field.</summary>
    public int EmbeddingDim { get; init; } = 16;

    /// <summary>Standard deviation of new embeddings and first-order weights.</summary>
    public double EmbeddingInitStd { get; init; } = 1e-4;

    /// <summary>Widths of the hidden layers.</summary>
    public IReadOnlyList<int> HiddenUnits { get; init; } = [400, 400, 400];

    /// <summary>Activation of the hidden layers.</summary>
    public Activations Activation { get; init; } = Activations.Relu;

    /// <summary>Standard deviation of the weights of new hidden layers, normal; 0 = Xavier normal.</summary>
    public double HiddenInitStd { get; init; }

    /// <summary>The form of Dice wherever it is an activation.</summary>
    public DiceForm Dice { get; init; } = new();

    /// <summary>Cross layers (DCN, DCN V2).</summary>
    public int CrossLayers { get; init; } = 3;

    /// <summary>Rank of their matrices (DCN V2); 0 = full.</summary>
    public int CrossRank { get; init; }

    /// <summary>Blocks of self-attention (BST).</summary>
    public int TransformerBlocks { get; init; } = 1;

    /// <summary>Attention heads (BST), a divisor of the width; 0 = the largest of 8, 4, 2 and 1 that divides it.</summary>
    public int AttentionHeads { get; init; }

    /// <summary>Widths of the attention unit's hidden layers (DIN).</summary>
    public IReadOnlyList<int> AttentionUnits { get; init; } = [80, 40];

    /// <summary>Activation of the attention unit.</summary>
    public Activations AttentionActivation { get; init; } = Activations.Dice;

    /// <summary>How attention scores become weights.</summary>
    public AttentionNormalization AttentionNormalization { get; init; } = AttentionNormalization.None;

    /// <summary>Batch normalization before every activation of the attention unit.</summary>
    public bool AttentionBatchNorm { get; init; }

    /// <summary>One attention unit per history column, instead of one per behaviour group.</summary>
    public bool AttentionPerColumn { get; init; }

    /// <summary>Histories are padded to the maximum length, and padding takes part in softmax and in the statistics of activations.</summary>
    public bool PadHistories { get; init; }

    /// <summary>The tower reads the plain sum of a history as well (DIN).</summary>
    public bool HistorySum { get; init; }

    /// <summary>u = linear layer over the attended history; false: u is that history (DIN).</summary>
    public bool HistoryProjection { get; init; }

    /// <summary>The tower reads u ∘ i as well, i the vectors of the target (DIN).</summary>
    public bool TargetProduct { get; init; }

    /// <summary>A bias for each value of the target of the first history (DIN).</summary>
    public bool TargetBias { get; init; }

    /// <summary>How the vectors of multi-valued fields (and of histories in Embedding &amp; MLP) are pooled.</summary>
    public PoolingKind Pooling { get; init; } = PoolingKind.Mean;

    /// <summary>Probability that a hidden unit is dropped, in [0, 1).</summary>
    public double Dropout { get; init; }

    /// <summary>Batch normalization before every activation.</summary>
    public bool BatchNorm { get; init; }

    /// <summary>How numeric columns enter the model.</summary>
    public NumericInputs NumericInput { get; init; }

    /// <summary>The form of the linear part.</summary>
    public FirstOrders FirstOrder { get; init; }

    /// <summary>Numeric fields take part in the factorization machine, if they have vectors.</summary>
    public bool FmNumeric { get; init; } = true;

    /// <summary>Optimizer of all parameters; row-wise Adagrad applies to tables, with Adagrad for all others.</summary>
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.Adam;

    /// <summary>μ of SGD: m ← μ m + g, and m moves the weights instead of g; 0 = plain SGD.</summary>
    public double Momentum { get; init; }

    /// <summary>FTRL for the first-order weights of ids, which then start at 0; null: <see cref="Optimizer"/> as for all others.</summary>
    public FtrlOptions? FirstOrderFtrl { get; init; }

    /// <summary>Which rows of the tables move in a step.</summary>
    public EmbeddingUpdate EmbeddingUpdate { get; init; } = EmbeddingUpdate.Lazy;

    /// <summary>λ of L2 on the weight matrices of dense layers; biases and normalization are not regularized.</summary>
    public double L2 { get; init; }

    /// <summary>λ of L2 on embeddings and first-order weights.</summary>
    public double EmbeddingL2 { get; init; }

    /// <summary>Embedding L2 acts on whole tables in every step; false: only on the rows of the batch.</summary>
    public bool EmbeddingL2Full { get; init; }

    /// <summary>λ of mini-batch aware regularization on embeddings: λ w / n for each table row in the batch, n its occurrences in the training set.</summary>
    public double MbaLambda { get; init; }

    /// <summary>Largest norm of the gradient; 0 = no clipping.</summary>
    public double ClipNorm { get; init; }

    /// <summary>Seed of initial weights and dropout.</summary>
    public ulong Seed { get; init; } = 1;
}
