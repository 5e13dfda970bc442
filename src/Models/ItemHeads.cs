namespace GpuCtr.Models;

/// <summary>The layers between the states of masked entries and the item scores (BERT4Rec).</summary>
public enum ItemHeads
{
    /// <summary>Nothing.</summary>
    Tied,

    /// <summary>GELU(h W^P + b^P), the paper.</summary>
    Projection,

    /// <summary>LN(GELU(h W^P + b^P)), the official code.</summary>
    ProjectionNorm,
}
