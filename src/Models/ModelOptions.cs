using GpuCtr.Kernels.Embedding;

namespace GpuCtr.Models;

/// <summary>All options of a model: what it computes and how it is trained; saved with every run.</summary>
/// <remarks>Each option is declared only once, in the order of the help: here those of embeddings and hidden layers, then Interactions, Transformers, Histories and Learning.</remarks>
public sealed partial record ModelOptions
{
    /// <summary>Largest number of layers of a tower, an activation unit, a cross network or a transformer.</summary>
    public const int MostLayers = 64;

    /// <summary>Largest number of units of a layer.</summary>
    public const int MostUnits = 1 << 16;

    /// <summary>Architecture: one of <see cref="ModelCatalog.Names"/>; a former name is replaced by the current one.</summary>
    [Option("the architecture", PresetOnly = true, WordsOf = typeof(ModelCatalog), OnWarmStart = OnWarmStart.AboveEmbeddings)]
    public string Model { get; init => field = ModelCatalog.Renamed(value)!; } = "deepfm";

    /// <summary>D: width of an embedding vector; field-aware models have one for each field.</summary>
    [Option("width of an embedding; ffm has one for each field", Value = "D", Default = "{models}", Least = 1, Most = 4096, ForColumns = "column-dim")]
    public int EmbeddingDim { get; init; } = 16;

    /// <summary>Columns whose embeddings are wider: multiples of <see cref="EmbeddingDim"/>; columns with the same ids have the same width.</summary>
    [Option("columns with wider embeddings, in multiples of --embedding-dim; for models that concatenate the vectors of fields", Value = "COL=N,…", Form = OptionForm.ColumnRules)]
    public IReadOnlyList<ColumnWidth> ColumnDim { get; init; } = [];

    /// <summary>Columns whose embeddings are not trained.</summary>
    [Option("columns whose embeddings stay as initialized by --init-embedding or --init-from; ids that are not in the file get the mean of its vectors", Value = "COL,…", Form = OptionForm.Columns)]
    public IReadOnlyList<string> Freeze { get; init; } = [];

    /// <summary>Standard deviation of new embeddings and first-order weights.</summary>
    [Option("standard deviation of initial embeddings", Default = "{models}; or the variant's", Least = 0, OnWarmStart = OnWarmStart.Free)]
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

    /// <summary>Standard deviation of the weights of new hidden layers, normal; 0 = Xavier normal.</summary>
    [Option("standard deviation of the initial weights of hidden layers; 0 = Xavier", PresetOnly = true, Least = 0, OnWarmStart = OnWarmStart.Free)]
    public double HiddenInitStd { get; init; }

    /// <summary>The form of Dice wherever it is an activation.</summary>
    [Option("the form of Dice", PresetOnly = true, OnWarmStart = OnWarmStart.AboveEmbeddings)]
    public DiceForm Dice { get; init; } = new();
}
