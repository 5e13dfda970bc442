namespace GpuCtr.Models;

/// <summary>How DIEN scores a state h of the history against the target q.</summary>
public enum InterestScores
{
    /// <summary>hᵀ W q, as in the paper.</summary>
    Bilinear,

    /// <summary>MLP([q', h, q' − h, q' ∘ h]), q' = PReLU(V q + b): the activation unit of the authors' code.</summary>
    Unit,
}
