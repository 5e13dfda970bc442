using System.Text.Json.Serialization;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Recurrent;

namespace GpuCtr.Models;

/// <content>Options of models that read histories: DIEN and DIN.</content>
public sealed partial record ModelOptions
{
    /// <summary>H: width of the states of the first GRU (DIEN); 0 = as wide as an entry of the history, which the auxiliary loss by inner products needs.</summary>
    [Option("width of the states of the first GRU, over the history ({readers}); 0 = as wide as an entry", ReadBy = "dien", Value = "H", Least = 0, Most = MostUnits)]
    public int GruHidden { get; init; }

    /// <summary>Width of the states of the evolving interest (DIEN); 0 = that of the first GRU.</summary>
    [Option("width of the states of the second GRU, the evolving interest ({readers}); 0 = that of --gru-hidden", ReadBy = "dien", Value = "H", Least = 0, Most = MostUnits)]
    public int EvolutionHidden { get; init; }

    /// <summary>Where the reset gate of both GRUs is applied (DIEN): after the product with the old state, as in the paper, or before it, as in the authors' code.</summary>
    [Option("where the reset gate is applied ({readers}): after the product with the old state, or to the state before it", Words = "after|before", ReadBy = "dien")]
    [JsonConverter(typeof(BoolJsonConverter<GruReset>))]
    public GruReset GruReset { get; init; } = GruReset.After;

    /// <summary>How attention steers the evolving interest (DIEN): the recurrence of the second GRU.</summary>
    [Option("how attention enters the second GRU ({readers}): augru, augruofficial, agru or aigru", Value = "NAME", ReadBy = "dien")]
    public Evolutions Evolution { get; init; } = Evolutions.Augru;

    /// <summary>How the states of the history are scored against the target (DIEN).</summary>
    [Option("attention scores of the states ({readers}): hᵀ W q, or the activation unit of the authors' code", ReadBy = "dien")]
    public InterestScores InterestScores { get; init; } = InterestScores.Bilinear;

    /// <summary>α: weight of the auxiliary loss beside the mean binary cross entropy (DIEN, section 4.2: L = L_target + α L_aux); 0 = none, and no negatives are drawn.</summary>
    /// <remarks>The paper leaves α open; 1 is the weight in the authors' code, where the two losses are added.</remarks>
    [Option("weight of the auxiliary loss: each state predicts the next entry of the history against a negative ({readers}); 0 = none", ReadBy = "dien", Value = "α", Least = 0)]
    public double AuxiliaryLoss { get; init; } = 1;

    /// <summary>How the auxiliary loss scores a state and an entry (DIEN).</summary>
    [Option("score of a state with the next entry ({readers}): inner product, as in the paper, or an MLP with one or two outputs", ReadBy = "dien")]
    public NextItemForms AuxiliaryForm { get; init; } = NextItemForms.Inner;

    /// <summary>The divisor of the auxiliary loss (DIEN): rows, as in the paper, so that long histories count more; pairs; or the positions of the padded batch, as in the authors' code.</summary>
    [Option("what the auxiliary loss is averaged over ({readers})", ReadBy = "dien")]
    public PairAverages AuxiliaryAverage { get; init; } = PairAverages.Rows;

    /// <summary>Hidden layers of the MLP of the auxiliary loss (DIEN); those of the authors' code.</summary>
    [Option("hidden layers of the MLP of the auxiliary loss", PresetOnly = true, Least = 1, Most = MostUnits, MostEntries = MostLayers)]
    public IReadOnlyList<int> AuxiliaryUnits { get; init; } = [100, 50];

    /// <summary>Widths of the activation unit's hidden layers (DIN, and DIEN if it has one).</summary>
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
}
