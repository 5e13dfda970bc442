namespace GpuCtr.Kernels.Embedding;

/// <summary>Weight and moments 1 … 5 of a discrete measure on positive numbers, and its recurrence coefficients.</summary>
internal struct QuadratureMoments
{
    // β of a measure with fewer points is 0 up to rounding.
    private const double Negligible = 1e-10;

    private double origin, m0, m1, m2, m3, m4, m5;

    /// <summary>Adds the number <paramref name="at"/> with its weight.</summary>
    public void Add(double weight, double at)
    {
        // Relative to the first number, because the others are close to it.
        origin = origin == 0 ? at : origin;
        double t = (at - origin) / origin;
        m0 += weight;
        m1 += weight *= t;
        m2 += weight *= t;
        m3 += weight *= t;
        m4 += weight *= t;
        m5 += weight * t;
    }

    /// <summary>Multiplies all weights; in the rule, only the total weight changes.</summary>
    public void Scale(double factor, ref DeferredUpdateRule rule)
    {
        (m0, m1, m2, m3, m4, m5) = (m0 * factor, m1 * factor, m2 * factor, m3 * factor, m4 * factor, m5 * factor);
        rule.Scale = (float)(m0 / rule.Alpha0);
    }

    /// <summary>The three-point rule; with fewer points, the exact one.</summary>
    public readonly void Write(ref DeferredUpdateRule rule)
    {
        if (m0 == 0)
            return;
        double mean = m1 / m0, r2 = m2 / m0, r3 = m3 / m0, r4 = m4 / m0, r5 = m5 / m0, unit = 1 / (1 + mean), unit2 = unit * unit;
        // Central moments in units of the mean.
        double c2 = (r2 - mean * mean) * unit2;
        double c3 = (r3 - mean * (3 * r2 - 2 * mean * mean)) * unit2 * unit;
        double c4 = (r4 - mean * (4 * r3 - mean * (6 * r2 - 3 * mean * mean))) * unit2 * unit2;
        double c5 = (r5 - mean * (5 * r4 - mean * (10 * r3 - mean * (10 * r2 - 4 * mean * mean)))) * unit2 * unit2 * unit;
        (double delta1, double delta2, double beta1, double beta2) = (0, 0, c2, 0);
        if (beta1 > Negligible * Negligible)
        {
            delta1 = delta2 = c3 / c2;
            beta2 = c4 / c2 - c2 - delta1 * delta1;
            if (beta2 > Negligible * c2)
                delta2 = (c5 - 2 * delta1 * c4 + (delta1 * delta1 - 2 * c2) * c3 + 2 * delta1 * c2 * c2) / (beta2 * c2);
            else
                beta2 = 0;
        }
        else
        {
            beta1 = 0;
        }
        double alpha0 = origin * (1 + mean);
        (rule.Scale, rule.Alpha0) = ((float)(m0 / alpha0), (float)alpha0);
        (rule.Delta1, rule.Delta2, rule.Beta1, rule.Beta2) = ((float)delta1, (float)delta2, (float)beta1, (float)beta2);
    }
}
