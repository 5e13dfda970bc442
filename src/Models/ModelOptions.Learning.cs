using System.Text.Json.Serialization;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;

namespace GpuCtr.Models;

/// <content>How a model learns: dropout and normalization, optimizer, updates of tables, regularization.</content>
public sealed partial record ModelOptions
{
    /// <summary>Probability that a hidden unit is dropped, in [0, 1).</summary>
    [Option("share of hidden units dropped in training", Value = "P", Default = "{models}", Least = 0, Below = 1, OnResume = OnResume.Accepted, OnWarmStart = OnWarmStart.Free)]
    public double Dropout { get; init; }

    /// <summary>Batch normalization before every activation.</summary>
    [Option("batch normalization before every activation", OnWarmStart = OnWarmStart.AboveEmbeddings)]
    public bool BatchNorm { get; init; }

    /// <summary>A batch normalization that is always in inference form, γ x / √1.001 + β, before the tower and before the MLP of DIEN's auxiliary loss, as in DIEN's authors' code.</summary>
    [Option("a batch normalization in inference form before the tower", PresetOnly = true, OnWarmStart = OnWarmStart.AboveEmbeddings)]
    public bool InputNorm { get; init; }

    /// <summary>ε that training adds to probabilities before their logarithm; 0: none.</summary>
    [Option("ε added to probabilities in the loss", PresetOnly = true, Least = 0, Below = 1, OnWarmStart = OnWarmStart.Free)]
    public double ProbabilityEpsilon { get; init; }

    /// <summary>How numeric columns enter the model.</summary>
    [Option("how numeric columns enter the model", PresetOnly = true)]
    public NumericInputs NumericInput { get; init; }

    /// <summary>The form of the linear part.</summary>
    [Option("the form of the linear part", PresetOnly = true)]
    public FirstOrders FirstOrder { get; init; }

    /// <summary>Optimizer of all parameters; row-wise Adagrad applies to tables, with Adagrad for all others.</summary>
    [Option("sgd, adagrad, rowwise-adagrad (one number of state per table row; adagrad for dense parameters), adam or adamw", Value = "NAME", Words = "sgd|adagrad|rowwise-adagrad|adam|adamw", Default = "adam; din-official sgd", Section = OptionSection.Optimizer, OnWarmStart = OnWarmStart.Free)]
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.Adam;

    /// <summary>μ of SGD: m ← μ m + g, and m moves the weights instead of g; 0 = plain SGD.</summary>
    [Option("momentum of sgd, in [0, 1)", Least = 0, Below = 1, OnWarmStart = OnWarmStart.Free)]
    public double Momentum { get; init; }

    /// <summary>FTRL for the first-order weights of ids, which then start at 0; null: <see cref="Optimizer"/> as for all others.</summary>
    [Option("FTRL-proximal for the first-order weights of ids: they start at 0, and λ₁ keeps weights of little evidence at 0; β is optional [1]", Value = "α,λ₁,λ₂,β", Several = true, OnWarmStart = OnWarmStart.AboveEmbeddings)]
    public FtrlOptions? FirstOrderFtrl { get; init; }

    /// <summary>Which rows of the tables move in a step.</summary>
    [Option("update the rows of the batch (lazy), or every row in every step (dense); replay gives the result of dense at nearly the cost of lazy", Default = "{models}; or the variant's", Section = OptionSection.Updates, OnResume = OnResume.Accepted, OnWarmStart = OnWarmStart.Free)]
    public EmbeddingUpdate EmbeddingUpdate { get; init; } = EmbeddingUpdate.Lazy;

    /// <summary>λ of L2 on the weight matrices of dense layers; biases and normalization are not regularized.</summary>
    [Option("L2 on the weights of dense layers", Value = "λ", Least = 0, OnResume = OnResume.Accepted, OnWarmStart = OnWarmStart.Free)]
    public double L2 { get; init; }

    /// <summary>λ of L2 on embeddings and first-order weights.</summary>
    [Option("L2 on embeddings and first-order weights", Value = "λ", Least = 0, OnResume = OnResume.Accepted, OnWarmStart = OnWarmStart.Free)]
    public double EmbeddingL2 { get; init; }

    /// <summary>The rows on which <see cref="EmbeddingL2"/> acts in a step.</summary>
    [Option("L2 on the rows of the batch, or on whole tables (needs --embedding-update dense)", Default = "touched; fuxictr full", OnResume = OnResume.Accepted, OnWarmStart = OnWarmStart.Free)]
    [JsonPropertyName("embedding_l2_full"), JsonConverter(typeof(BoolJsonConverter<L2Scope>))]
    public L2Scope EmbeddingL2Scope { get; init; }

    /// <summary>λ of mini-batch aware regularization on embeddings (not on first-order weights): λ w / n for each table row in the batch, n its occurrences in the training set.</summary>
    [Option("mini-batch aware regularization of embeddings: λ w / n for each table row in the batch, with n its occurrences in the training rows", Value = "λ", Default = "2 for click models with a network if validation ends the run, without --epochs, --weight and --variant; else 0", Least = 0, OnResume = OnResume.Accepted, OnWarmStart = OnWarmStart.Free)]
    public double MbaLambda { get; init; }

    /// <summary>Largest norm of the gradient; 0 = no clipping.</summary>
    [Option("largest norm of the gradient; 0 = no clipping", Default = "0; fuxictr 10, din-official 5", Least = 0, OnResume = OnResume.Accepted, OnWarmStart = OnWarmStart.Free)]
    public double ClipNorm { get; init; }

    /// <summary>Seed of initial weights and dropout.</summary>
    [Option("seed of initial weights, shuffling and dropout", Least = 0, Section = OptionSection.Seed, OnResume = OnResume.Accepted, OnWarmStart = OnWarmStart.Free)]
    public ulong Seed { get; init; } = 1;

    /// <summary>Share of the rows with label 0 that are trained on, the same in every epoch; predictions are corrected for it.</summary>
    [Option("train on this share of the rows with label 0, sampled once for the run; predictions are corrected for it", Value = "RATE", Above = 0, Most = 1, ClicksOnly = true, Section = OptionSection.Columns, OnWarmStart = OnWarmStart.Free)]
    public double NegativeSampling { get; init; } = 1;

    /// <summary>Added to the logit of a model that was trained on only this share w of the negatives: log w. The probability p becomes p / (p + (1 − p) / w) (He et al., ADKDD 2014, section 6.3).</summary>
    public float LogitShift() => (float)Math.Log(NegativeSampling);
}
