using System.Text.Json.Serialization;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Recurrent;

namespace GpuCtr.Models;

/// <summary>All options of a model: what it computes and how it learns; saved with every run.</summary>
/// <remarks>Each option is declared only here, in the order of the help.</remarks>
public sealed partial record ModelOptions
{
    /// <summary>Largest number of layers of a tower, an activation unit, a cross network or a transformer.</summary>
    public const int MostLayers = 64;

    /// <summary>Largest number of units of a layer.</summary>
    public const int MostUnits = 1 << 16;

    /// <summary>Architecture: one of <see cref="ModelCatalog.Names"/>; a former name is replaced by today's.</summary>
    [Option("the architecture", PresetOnly = true, WordsOf = typeof(ModelCatalog), OnWarmStart = OnWarmStart.AboveEmbeddings)]
    public string Model { get; init => field = ModelCatalog.Renamed(value)!; } = "deepfm";

    /// <summary>D: width of an embedding vector; field-aware models have one for each field.</summary>
    [Option("width of an embedding; ffm has one for each field", Value = "D", Default = "{models}", Least = 1, Most = 4096, ForColumns = "column-dim")]
    public int EmbeddingDim { get; init; } = 16;

    /// <summary>Columns whose embeddings are wider: multiples of <see cref="EmbeddingDim"/>; columns with the same ids have the same width.</summary>
    [Option("columns whose embeddings are wider, by multiples of --embedding-dim; for models that do not multiply the vectors of fields with each other", Value = "COL=N,…", Form = OptionForm.ColumnRules)]
    public IReadOnlyList<ColumnWidth> ColumnDim { get; init; } = [];

    /// <summary>Columns whose embeddings are not trained.</summary>
    [Option("columns whose embeddings stay as --init-embedding or --init-from begins them; ids that are not in the file have the mean of those that are", Value = "COL,…", Form = OptionForm.Columns)]
    public IReadOnlyList<string> Freeze { get; init; } = [];

    /// <summary>Standard deviation of new embeddings and first-order weights.</summary>
    [Option("standard deviation of new embeddings", Default = "{models}; or the variant's", Least = 0, OnWarmStart = OnWarmStart.Free)]
    public double EmbeddingInitStd { get; init; } = 1e-4;

    /// <summary>How the vectors of multi-valued fields (and of histories in Embedding &amp; MLP) are pooled.</summary>
    [Option("how the vectors of a list column are pooled")]
    public PoolingKind Pooling { get; init; } = PoolingKind.Mean;

    /// <summary>Numeric fields take part in the factorization machine, if they have vectors.</summary>
    [Option("numeric fields take part in the factorization machine", Words = "on|off", True = "on", OnWarmStart = OnWarmStart.AboveEmbeddings)]
    public bool FmNumeric { get; init; } = true;

    /// <summary>Widths of the hidden layers.</summary>
    [Option("widths of the hidden layers", Value = "N,…", Default = "{models}; or the variant's", Least = 1, Most = MostUnits, MostEntries = MostLayers, OnWarmStart = OnWarmStart.AboveEmbeddings)]
    public IReadOnlyList<int> HiddenUnits { get; init; } = [400, 400, 400];

    /// <summary>Activation of the hidden layers.</summary>
    [Option("relu, sigmoid, tanh, prelu, leakyrelu, gelu or dice", Value = "NAME", Default = "{models}; or the variant's", OnWarmStart = OnWarmStart.AboveEmbeddings)]
    public Activations Activation { get; init; } = Activations.Relu;

    /// <summary>Widths of the hidden layers of the second stream (FinalMLP); none = those of the first.</summary>
    [Option("widths of the hidden layers of the second stream ({readers}) [those of the first]", ReadBy = "finalmlp", Value = "N,…", Least = 1, Most = MostUnits, MostEntries = MostLayers)]
    public IReadOnlyList<int> SecondHiddenUnits { get; init; } = [];

    /// <summary>Columns whose vectors open the gate of the first stream (FinalMLP); none: a learned vector does.</summary>
    [Option("columns that open the gate of the first stream ({readers}) [a learned vector]", ReadBy = "finalmlp", Value = "COL,…", Form = OptionForm.Columns)]
    public IReadOnlyList<string> FirstGate { get; init; } = [];

    /// <summary>The same for the second stream.</summary>
    [Option("columns that open the gate of the second stream ({readers}) [a learned vector]", ReadBy = "finalmlp", Value = "COL,…", Form = OptionForm.Columns)]
    public IReadOnlyList<string> SecondGate { get; init; } = [];

    /// <summary>Widths of the gates' hidden layers (FinalMLP).</summary>
    [Option("widths of the hidden layers of the gates ({readers})", ReadBy = "finalmlp", Value = "N,…", Least = 1, Most = MostUnits, MostEntries = MostLayers)]
    public IReadOnlyList<int> GateUnits { get; init; } = [64];

    /// <summary>Heads of the bilinear fusion of two streams (FinalMLP), a divisor of the widths of their last layers.</summary>
    [Option("heads of the fusion of two streams ({readers}), a divisor of the widths of their last layers", ReadBy = "finalmlp", Least = 1, Most = MostUnits)]
    public int FusionHeads { get; init; } = 1;

    /// <summary>Feature maps of the layers of the compressed interaction network (xDeepFM).</summary>
    [Option("feature maps of the layers of the compressed interaction network ({readers})", ReadBy = "xdeepfm", Value = "N,…", Least = 1, Most = MostUnits, MostEntries = MostLayers)]
    public IReadOnlyList<int> CinLayers { get; init; } = [128, 128];

    /// <summary>Half of the maps of a layer, except the last, are summed up, and the other half goes to the next layer (xDeepFM); false: all maps do both.</summary>
    [Option("half of the maps of a layer are summed up, the other half goes to the next layer ({readers})", ReadBy = "xdeepfm")]
    public bool CinSplit { get; init; }

    /// <summary>Standard deviation of the weights of new hidden layers, normal; 0 = Xavier normal.</summary>
    [Option("standard deviation of the weights of new hidden layers; 0 = Xavier", PresetOnly = true, Least = 0, OnWarmStart = OnWarmStart.Free)]
    public double HiddenInitStd { get; init; }

    /// <summary>The form of Dice wherever it is an activation.</summary>
    [Option("the form of Dice", PresetOnly = true, OnWarmStart = OnWarmStart.AboveEmbeddings)]
    public DiceForm Dice { get; init; } = new();

    /// <summary>Cross layers (DCN, DCN V2).</summary>
    [Option("cross layers ({readers})", ReadBy = "dcn|dcn-v2", Least = 1, Most = MostLayers)]
    public int CrossLayers { get; init; } = 3;

    /// <summary>Rank of their matrices (DCN V2); 0 = full.</summary>
    [Option("rank of the matrices of cross layers ({readers}); 0 = full", ReadBy = "dcn-v2", Least = 0, Most = MostUnits)]
    public int CrossRank { get; init; }

    /// <summary>Weights for pairs of values, which share them by a hash (POLY2).</summary>
    [Option("weights for pairs of values, which share them by a hash ({readers})", Name = "poly2-buckets", ReadBy = "poly2", Least = 1, Most = 1 << 30)]
    public int Poly2Buckets { get; init; } = 1 << 20;

    /// <summary>Blocks of self-attention (BST, SASRec, BERT4Rec, PRM).</summary>
    [Option("blocks of self-attention ({readers})", ReadBy = "bst|sasrec|bert4rec|prm", Default = "{models}", Least = 1, Most = MostLayers)]
    public int TransformerBlocks { get; init; } = 1;

    /// <summary>S: items drawn for each batch, with which and with its own items the right ones are contrasted in place of all items; 0 = all (SASRec, BERT4Rec).</summary>
    [Option("items drawn for a batch, to contrast the right ones with these and with each other in place of all items ({readers}); 0 = all", ReadBy = "sasrec|bert4rec", Value = "S", Least = 0, Most = 1 << 24)]
    public int SampledSoftmax { get; init; }

    /// <summary>Share of the entries of a sequence that are masked (BERT4Rec, section 3.6: ρ).</summary>
    [Option("share of the entries of a sequence that are masked ({readers})", ReadBy = "bert4rec", Value = "ρ", Above = 0, Most = 1, OnResume = OnResume.Accepted, OnWarmStart = OnWarmStart.Free)]
    public double MaskShare { get; init; } = 0.2;

    /// <summary>Share of the rows of which only the last entry is masked, as it is when the next item is predicted (BERT4Rec).</summary>
    [Option("share of the rows of which only the last entry is masked ({readers})", ReadBy = "bert4rec", Least = 0, Most = 1, OnResume = OnResume.Accepted, OnWarmStart = OnWarmStart.Free)]
    public double LastMaskShare { get; init; } = 0.1;

    /// <summary>Where layer normalization is in a block (BERT4Rec); that of SASRec is always before.</summary>
    [Option("where layer normalization is in a block ({readers}): behind the sum, or before attention and feed-forward", ReadBy = "bert4rec")]
    [JsonPropertyName("pre_norm"), JsonConverter(typeof(BoolJsonConverter<BlockNorm>))]
    public BlockNorm BlockNorm { get; init; }

    /// <summary>What states go through before they are compared with the items (BERT4Rec).</summary>
    [Option("layers between a state and the items ({readers}): none, GELU(W h + b) as in the paper, or that and layer normalization", ReadBy = "bert4rec")]
    public ItemHeads ItemHead { get; init; } = ItemHeads.Projection;

    /// <summary>Width of the hidden layer of the blocks' feed-forward network; 0 = four times the width of an item, as in the paper of BERT4Rec (BERT4Rec, PRM).</summary>
    [Option("width of the hidden layer in a block ({readers}); 0 = four times the width of an item", ReadBy = "bert4rec|prm", Least = 0, Most = MostUnits)]
    public int FeedForward { get; init; }

    /// <summary>Layer normalization of the embedded sequence, as in the official code (BERT4Rec).</summary>
    [Option("layer normalization of the embedded sequence", PresetOnly = true)]
    public bool EmbeddingNorm { get; init; }

    /// <summary>Layers of attention between the fields (AutoInt).</summary>
    [Option("layers of attention between the fields ({readers})", ReadBy = "autoint", Least = 1, Most = MostLayers)]
    public int AttentionLayers { get; init; } = 3;

    /// <summary>Width of what they make of a field, all heads together (AutoInt), or of an item of a list (PRM).</summary>
    [Option("width of what attention makes of a field or an item, all heads together ({readers})", ReadBy = "autoint|prm", Least = 1, Most = MostUnits)]
    public int AttentionWidth { get; init; } = 64;

    /// <summary>Attention heads (BST, SASRec, BERT4Rec, AutoInt, PRM), a divisor of the width; 0 = the largest of 8, 4, 2 and 1 that divides it.</summary>
    [Option("attention heads ({readers}); 0 = the largest of 8, 4, 2 and 1 that divides the width of an item", ReadBy = "bst|sasrec|bert4rec|autoint|prm", Default = "{models}", Least = 0, Most = MostUnits)]
    public int AttentionHeads { get; init; }

    /// <summary>Columns of an attention head (PRM); 0 = the width divided by the number of heads. The paper's W^Q, W^K and W^V are as wide as an item for each head.</summary>
    [Option("columns of an attention head ({readers}); 0 = the width divided by the number of heads", ReadBy = "prm", Least = 0, Most = MostUnits)]
    public int HeadWidth { get; init; }

    /// <summary>P: places of a list that have a vector of their own (PRM); items behind share the last.</summary>
    [Option("places of a list with a vector of their own; items behind them share the last ({readers})", ReadBy = "prm", Least = 1, Most = MostUnits)]
    public int ListPlaces { get; init; } = 50;

    /// <summary>What the scores of a list are trained for (PRM): a softmax over its items, as in the paper, or each item by itself.</summary>
    [Option("cross entropy of a softmax over the items of a list, or of each item by itself ({readers})", Words = "softmax|pointwise", ReadBy = "prm")]
    [JsonConverter(typeof(BoolJsonConverter<ListLoss>))]
    public ListLoss ListLoss { get; init; } = ListLoss.Softmax;

    /// <summary>H: width of the states of the first GRU (DIEN); 0 = as wide as an entry of the history, which the auxiliary loss by inner products needs.</summary>
    [Option("width of the states that are read from the history ({readers}); 0 = as wide as an entry", ReadBy = "dien", Value = "H", Least = 0, Most = MostUnits)]
    public int GruHidden { get; init; }

    /// <summary>Width of the states of the evolving interest (DIEN); 0 = that of the first GRU.</summary>
    [Option("width of the evolving interest ({readers}); 0 = that of --gru-hidden", ReadBy = "dien", Value = "H", Least = 0, Most = MostUnits)]
    public int EvolutionHidden { get; init; }

    /// <summary>Where the reset gate of both GRUs acts (DIEN): after the product with the old state, as in the paper, or before it, as in the authors' code.</summary>
    [Option("where the reset gate acts ({readers}): on the product with the old state, or on the state before it", Words = "after|before", ReadBy = "dien")]
    [JsonConverter(typeof(BoolJsonConverter<GruReset>))]
    public GruReset GruReset { get; init; } = GruReset.After;

    /// <summary>How attention steers the evolving interest (DIEN): the recurrence of the second GRU.</summary>
    [Option("how attention steers the evolving interest ({readers}): augru, augruofficial, agru or aigru", Value = "NAME", ReadBy = "dien")]
    public Evolutions Evolution { get; init; } = Evolutions.Augru;

    /// <summary>How the states of the history are scored against the target (DIEN).</summary>
    [Option("scores of the states of the history ({readers}): hᵀ W q, or the activation unit of the authors' code", ReadBy = "dien")]
    public InterestScores InterestScores { get; init; } = InterestScores.Bilinear;

    /// <summary>α: weight of the auxiliary loss beside the mean binary cross entropy (DIEN, section 4.2: L = L_target + α L_aux); 0 = none, and no negatives are drawn.</summary>
    /// <remarks>The paper leaves α open; 1 is the weight in the authors' code, where the two losses are added.</remarks>
    [Option("weight of the auxiliary loss: each state predicts the next entry of the history against a negative ({readers}); 0 = none", ReadBy = "dien", Value = "α", Least = 0)]
    public double AuxiliaryLoss { get; init; } = 1;

    /// <summary>How the auxiliary loss scores a state and an entry (DIEN).</summary>
    [Option("score of a state and the next entry ({readers}): inner product, as in the paper, or an MLP with one or two outputs", ReadBy = "dien")]
    public NextItemForms AuxiliaryForm { get; init; } = NextItemForms.Inner;

    /// <summary>What the auxiliary loss is averaged over (DIEN): rows, as in the paper, so that long histories count more; pairs; or the places of the padded batch, as in the authors' code.</summary>
    [Option("what the auxiliary loss is averaged over ({readers})", ReadBy = "dien")]
    public PairAverages AuxiliaryAverage { get; init; } = PairAverages.Rows;

    /// <summary>Hidden layers of the MLP of the auxiliary loss (DIEN); those of the authors' code.</summary>
    [Option("hidden layers of the MLP of the auxiliary loss", PresetOnly = true, Least = 1, Most = MostUnits, MostEntries = MostLayers)]
    public IReadOnlyList<int> AuxiliaryUnits { get; init; } = [100, 50];

    /// <summary>Widths of the activation unit's hidden layers (DIN, and DIEN where it has one).</summary>
    [Option("widths of the activation unit ({readers})", ReadBy = "din|dien", Value = "N,…", Default = "{models}; or the variant's", Least = 1, Most = MostUnits, MostEntries = MostLayers)]
    public IReadOnlyList<int> AttentionUnits { get; init; } = [80, 40];

    /// <summary>Activation of the activation unit.</summary>
    [Option("activation of the activation unit ({readers})", ReadBy = "din|dien", Value = "NAME", Default = "{models}; or the variant's")]
    public Activations AttentionActivation { get; init; } = Activations.Dice;

    /// <summary>How attention scores become weights. The paper has no softmax; docs/adr/0005 says why it is the default here.</summary>
    [Option("how attention scores become weights ({readers}): none, softmax, sigmoid or scaledsoftmax", ReadBy = "din", Value = "NAME", Default = "{models}; or the variant's")]
    public AttentionNormalization AttentionNormalization { get; init; } = AttentionNormalization.Softmax;

    /// <summary>Batch normalization before every activation of the activation unit.</summary>
    [Option("batch normalization in the activation unit", PresetOnly = true)]
    public bool AttentionBatchNorm { get; init; }

    /// <summary>One activation unit per history column, instead of one per behaviour group.</summary>
    [Option("an activation unit for each history column", PresetOnly = true)]
    public bool AttentionPerColumn { get; init; }

    /// <summary>Histories are padded to the maximum length, and padding takes part in softmax and in the statistics of activations.</summary>
    [Option("padding positions take part", PresetOnly = true)]
    public bool PadHistories { get; init; }

    /// <summary>The tower reads the plain sum of a history as well (DIN, DIEN).</summary>
    [Option("the tower reads the plain sum of a history", PresetOnly = true)]
    public bool HistorySum { get; init; }

    /// <summary>u = linear layer over the attended history; false: u is that history (DIN).</summary>
    [Option("a linear layer over the attended history", PresetOnly = true)]
    public bool HistoryProjection { get; init; }

    /// <summary>The tower reads u ∘ i as well, i the vectors of the target and u the attended history (DIN) or its sum (DIEN).</summary>
    [Option("the tower reads history times target", PresetOnly = true)]
    public bool TargetProduct { get; init; }

    /// <summary>A bias for each value of the target of the first history (DIN).</summary>
    [Option("a bias for each value of the target", PresetOnly = true)]
    public bool TargetBias { get; init; }

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
    [Option("what numeric columns become", PresetOnly = true)]
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
    [Option("FTRL-proximal for the first-order weights of ids: they start at 0, and with λ₁ stay 0 without evidence; β is optional [1]", Value = "α,λ₁,λ₂,β", Several = true, OnWarmStart = OnWarmStart.AboveEmbeddings)]
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
    [Option("mini-batch aware regularization of embeddings: λ w / n for each table row in the batch, n its occurrences in training", Value = "λ", Default = "2 for networks on clicks, where validation ends the run, without --epochs, --weight and --variant; else 0", Least = 0, OnResume = OnResume.Accepted, OnWarmStart = OnWarmStart.Free)]
    public double MbaLambda { get; init; }

    /// <summary>Largest norm of the gradient; 0 = no clipping.</summary>
    [Option("largest norm of the gradient; 0 = no clipping", Default = "0; fuxictr 10, din-official 5", Least = 0, OnResume = OnResume.Accepted, OnWarmStart = OnWarmStart.Free)]
    public double ClipNorm { get; init; }

    /// <summary>Seed of initial weights and dropout.</summary>
    [Option("seed of initial weights, shuffling and dropout", Least = 0, Section = OptionSection.Seed, OnResume = OnResume.Accepted, OnWarmStart = OnWarmStart.Free)]
    public ulong Seed { get; init; } = 1;

    /// <summary>Share of the rows with label 0 that are trained on, the same in every epoch; predictions are corrected for it.</summary>
    [Option("train on this share of the rows with label 0, drawn once for the run; predictions are corrected for it", Value = "RATE", Above = 0, Most = 1, ClicksOnly = true, Section = OptionSection.Columns, OnWarmStart = OnWarmStart.Free)]
    public double NegativeSampling { get; init; } = 1;

    /// <summary>What is added to the logit of a model that saw only this share w of the negatives: log w. The probability p becomes p / (p + (1 − p) / w) (He et al., ADKDD 2014, section 6.3).</summary>
    public float LogitShift() => (float)Math.Log(NegativeSampling);
}
