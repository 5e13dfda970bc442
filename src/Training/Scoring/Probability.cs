namespace GpuCtr.Training.Scoring;

/// <summary>The probability of a logit.</summary>
internal static class Probability
{
    /// <summary>σ(z) = 1 / (1 + e^{−z}).</summary>
    public static float Of(float logit) => (float)(1 / (1 + Math.Exp(-(double)logit)));
}
