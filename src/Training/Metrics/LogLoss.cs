namespace GpuCtr.Training.Metrics;

/// <summary>Weighted mean of −y·log(p) − (1 − y)·log(1 − p), p = sigmoid(z) clipped to [1e-7, 1 − 1e-7].</summary>
public static class LogLoss
{
    private const double Clip = 1e-7;

    // sigmoid(±this) is 1e-7 away from 0 and 1: clipping the logit clips the probability, without cancellation.
    private static readonly double largestLogit = Math.Log((1 - Clip) / Clip);

    /// <summary>Mean over all rows, in row order; null if there are none.</summary>
    /// <param name="logits">(rows) logits z.</param>
    /// <param name="labels">(rows) 0, 1, or shares in between.</param>
    /// <param name="weights">(rows) what a row counts; empty: 1.</param>
    public static double? Of(ReadOnlySpan<float> logits, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights = default)
    {
        if (logits.Length != labels.Length)
            throw new ArgumentException($"{logits.Length} logits, {labels.Length} labels");
        if (logits.IsEmpty)
            return null;
        double sum = 0, all = weights.IsEmpty ? logits.Length : 0;
        for (int i = 0; i < logits.Length; i++)
        {
            double z = Math.Clamp((double)logits[i], -largestLogit, largestLogit);
            double w = weights.IsEmpty ? 1 : weights[i];
            sum += w * (Math.Max(z, 0) - z * labels[i] + Math.Log(1 + Math.Exp(-Math.Abs(z))));
            all += weights.IsEmpty ? 0 : w;
        }

        return sum / all;
    }
}
