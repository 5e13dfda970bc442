namespace GpuCtr.Models;

/// <summary>What the states of masked entries go through before they are compared with the items (BERT4Rec).</summary>
public enum ItemHeads
{
    /// <summary>Nothing.</summary>
    Tied,

    /// <summary>GELU(h W^P + b^P), the paper.</summary>
    Projection,

    /// <summary>LN(GELU(h W^P + b^P)), the official code.</summary>
    ProjectionNorm,
}
