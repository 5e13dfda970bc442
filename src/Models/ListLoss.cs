namespace GpuCtr.Models;

/// <summary>The loss on the scores of a list.</summary>
public enum ListLoss
{
    /// <summary>Binary cross entropy of each item separately.</summary>
    Pointwise,

    /// <summary>Cross entropy of a softmax over the items of the list, as in the paper of PRM.</summary>
    Softmax,
}
