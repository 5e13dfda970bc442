namespace GpuCtr.Models;

/// <summary>Where layer normalization (LN) is in a block of a transformer, f being its attention or its feed-forward network.</summary>
public enum BlockNorm
{
    /// <summary>LN(x + f(x)), as in the paper of BERT4Rec.</summary>
    Post,

    /// <summary>x + f(LN(x)), with one more LN behind all blocks.</summary>
    Pre,
}
