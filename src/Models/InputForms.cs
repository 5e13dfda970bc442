namespace GpuCtr.Models;

/// <summary>How numeric columns enter a model.</summary>
public enum NumericInputs
{
    /// <summary>Field vectors x_n V_n, like those of ids.</summary>
    Vectors,

    /// <summary>Their values, concatenated with the field vectors in the input of the MLP.</summary>
    Values,
}

/// <summary>The linear part of a model (first order).</summary>
public enum FirstOrders
{
    /// <summary>A weight for each id and each numeric column.</summary>
    Weights,

    /// <summary>A linear layer over the concatenated field vectors.</summary>
    Vectors,
}
