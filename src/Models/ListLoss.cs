namespace GpuCtr.Models;

/// <summary>What the scores of a list are trained for.</summary>
public enum ListLoss
{
    /// <summary>Binary cross entropy of each item by itself.</summary>
    Pointwise,

    /// <summary>Cross entropy of a softmax over the items of the list, as in the paper of PRM.</summary>
    Softmax,
}
