namespace GpuCtr.Models;

/// <content>Options of models that cross fields: FinalMLP, xDeepFM, DCN, POLY2.</content>
public sealed partial record ModelOptions
{
    /// <summary>Widths of the hidden layers of the second stream (FinalMLP); none = those of the first.</summary>
    [Option("widths of the hidden layers of the second stream ({readers}) [same as the first]", ReadBy = "finalmlp", Value = "N,…", Least = 1, Most = MostUnits, MostEntries = MostLayers)]
    public IReadOnlyList<int> SecondHiddenUnits { get; init; } = [];

    /// <summary>Columns whose vectors the gate of the first stream reads (FinalMLP); none: a learned vector.</summary>
    [Option("columns that the gate of the first stream reads ({readers}) [a learned vector]", ReadBy = "finalmlp", Value = "COL,…", Form = OptionForm.Columns)]
    public IReadOnlyList<string> FirstGate { get; init; } = [];

    /// <summary>The same for the second stream.</summary>
    [Option("columns that the gate of the second stream reads ({readers}) [a learned vector]", ReadBy = "finalmlp", Value = "COL,…", Form = OptionForm.Columns)]
    public IReadOnlyList<string> SecondGate { get; init; } = [];

    /// <summary>Widths of the gates' hidden layers (FinalMLP).</summary>
    [Option("widths of the hidden layers of the gates ({readers})", ReadBy = "finalmlp", Value = "N,…", Least = 1, Most = MostUnits, MostEntries = MostLayers)]
    public IReadOnlyList<int> GateUnits { get; init; } = [64];

    /// <summary>Heads of the bilinear fusion of two streams (FinalMLP), a divisor of the widths of their last layers.</summary>
    [Option("heads of the fusion of two streams ({readers}), a divisor of the widths of their last layers", ReadBy = "finalmlp", Least = 1, Most = MostUnits)]
    public int FusionHeads { get; init; } = 1;

    /// <summary>Feature maps of the layers of the compressed interaction network (xDeepFM).</summary>
    [Option("number of feature maps in each layer of the compressed interaction network ({readers})", ReadBy = "xdeepfm", Value = "N,…", Least = 1, Most = MostUnits, MostEntries = MostLayers)]
    public IReadOnlyList<int> CinLayers { get; init; } = [128, 128];

    /// <summary>Half of the maps of each layer except the last are sum-pooled, and the other half feeds the next layer (xDeepFM); false: all maps do both.</summary>
    [Option("half of the maps of a layer are sum-pooled, the other half feeds the next layer ({readers})", ReadBy = "xdeepfm")]
    public bool CinSplit { get; init; }

    /// <summary>Cross layers (DCN, DCN V2).</summary>
    [Option("cross layers ({readers})", ReadBy = "dcn|dcn-v2", Least = 1, Most = MostLayers)]
    public int CrossLayers { get; init; } = 3;

    /// <summary>Rank of their matrices (DCN V2); 0 = full.</summary>
    [Option("rank of the matrices of cross layers ({readers}); 0 = full", ReadBy = "dcn-v2", Least = 0, Most = MostUnits)]
    public int CrossRank { get; init; }

    /// <summary>Weights for pairs of values, which share them by a hash (POLY2).</summary>
    [Option("number of weights into which pairs of values are hashed ({readers})", Name = "poly2-buckets", ReadBy = "poly2", Least = 1, Most = 1 << 30)]
    public int Poly2Buckets { get; init; } = 1 << 20;
}
