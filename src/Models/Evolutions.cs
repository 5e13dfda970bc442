namespace GpuCtr.Models;

/// <summary>How attention enters the second GRU of DIEN (Zhou et al., AAAI 2019, section 4.3).</summary>
public enum Evolutions
{
    /// <summary>The paper's choice: the share of the new state, times a: a (1 − z).</summary>
    Augru,

    /// <summary>As in the authors' code, which computes another function: the share of the old state, times 1 − a: (1 − a) z.</summary>
    AugruOfficial,

    /// <summary>a is the share of the new state, without a gate.</summary>
    Agru,

    /// <summary>A plain GRU whose inputs are scaled by a.</summary>
    Aigru,
}

/// <summary>The classifier of DIEN's auxiliary loss.</summary>
public enum NextItemForms
{
    /// <summary>⟨h, e⟩, as in the paper; states are as wide as the items.</summary>
    Inner,

    /// <summary>A network over [h, e] with one output.</summary>
    Mlp,

    /// <summary>A network over [h, e] with two outputs and a softmax, as in the authors' code.</summary>
    Mlp2,
}
