namespace GpuCtr.Datagen;

/// <summary>Finds the scale and the bias that give logits a wanted share of clicks and a wanted best possible AUC.</summary>
/// <remarks>
/// Neither moves the order of the rows, so they are sorted once. For row i in ascending order of p,
/// AUC = Σ p_i · Σ_{j before i} (1 − p_j) / (Σ p · Σ (1 − p)): the expectation over labels, free of the noise of drawing them.
/// </remarks>
public static class Calibration
{
    /// <summary>Scale and bias such that p = σ(bias + scale · logit) has mean <paramref name="clickRate"/> and the AUC. logits (rows) is sorted.</summary>
    public static (double Scale, double Bias) Find(double[] logits, double clickRate, double auc)
    {
        Array.Sort(logits);
        double low = 0, high = 16, bias = 0;
        for (int step = 0; step < 24; step++)
        {
            double scale = (low + high) / 2;
            bias = BiasFor(logits, scale, clickRate, bias);
            (low, high) = ExpectedAuc(logits, scale, bias) < auc ? (scale, high) : (low, scale);
        }
        double found = (low + high) / 2;
        return (found, BiasFor(logits, found, clickRate, bias));
    }

    // Newton's method on mean σ(bias + scale · logit) = clickRate, from a bias that is nearly right. A step is at most 2:
    // far out the sigmoid is flat and a full step would overshoot.
    private static double BiasFor(double[] logits, double scale, double clickRate, double bias)
    {
        for (int step = 0; step < 40; step++)
        {
            double mean = 0, slope = 0;
            foreach (double logit in logits)
            {
                double p = PortableMath.Sigmoid(bias + (scale * logit));
                mean += p / logits.Length;
                slope += p * (1 - p) / logits.Length;
            }
            double change = Math.Clamp((clickRate - mean) / slope, -2, 2);
            bias += change;
            if (Math.Abs(change) < 1e-9)
                break;
        }
        return bias;
    }

    private static double ExpectedAuc(double[] logits, double scale, double bias)
    {
        double below = 0, above = 0, wins = 0;
        foreach (double logit in logits)
        {
            double p = PortableMath.Sigmoid(bias + (scale * logit));
            wins += p * (below + ((1 - p) / 2));
            below += 1 - p;
            above += p;
        }
        return wins / (below * above);
    }
}
