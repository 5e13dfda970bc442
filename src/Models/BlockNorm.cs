namespace GpuCtr.Models;

/// <summary>Position of layer normalization (LN) in a transformer block, with f its attention or feed-forward network.</summary>
public enum BlockNorm
{
    /// <summary>LN(x + f(x)), as in the paper of BERT4Rec.</summary>
    Post,

    /// <summary>x + f(LN(x)), with one more LN after the last block.</summary>
    Pre,
}
