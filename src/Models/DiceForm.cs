namespace GpuCtr.Models;

/// <summary>Input of the gate of Dice, from its input x.</summary>
public enum DiceNormalizations
{
    /// <summary>x normalized for each unit over the rows.</summary>
    Units,

    /// <summary>The same with trained scale and shift for each unit: a full batch normalization.</summary>
    AffineUnits,

    /// <summary>x normalized for each row over the units (<see cref="Kernels.Dense.FeatureNorm"/>), and one α for all units.</summary>
    Features,
}

/// <summary>The form of Dice, in which implementations differ.</summary>
/// <param name="Normalization">Input of the gate.</param>
/// <param name="Epsilon">ε under the root.</param>
/// <param name="Momentum">Share of the batch in running averages.</param>
/// <param name="UnbiasedVariance">Running variances use n / (n − 1) times the batch variance; with scale and shift they always do.</param>
/// <param name="AlphaInitStd">Standard deviation of new α.</param>
public sealed record DiceForm(
    DiceNormalizations Normalization = DiceNormalizations.Units,
    [property: Option("ε under the root", PresetOnly = true, Least = 0)] double Epsilon = 1e-8,
    [property: Option("share of the batch in running averages", PresetOnly = true, Least = 0, Most = 1)] double Momentum = 0.01,
    bool UnbiasedVariance = false,
    [property: Option("standard deviation of new α", PresetOnly = true, Least = 0)] double AlphaInitStd = 0);
