namespace GpuCtr.Models;

/// <summary>Activations of hidden layers.</summary>
public enum Activations
{
    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>1 / (1 + e^{−x}).</summary>
    Sigmoid,

    /// <summary>max(0, x) + α min(0, x).</summary>
    PRelu,

    /// <summary>max(0, x) + 0.01 min(0, x).</summary>
    LeakyRelu,

    /// <summary>x Φ(x), Φ the standard normal distribution (Hendrycks and Gimpel 2016).</summary>
    Gelu,

    /// <summary>Data-adaptive, with batch statistics (Zhou et al. 2018).</summary>
    Dice,

    /// <summary>tanh x.</summary>
    Tanh,
}
