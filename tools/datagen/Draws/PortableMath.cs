namespace GpuCtr.Datagen;

/// <summary>Exponential and logarithm from only + − × ÷, so that every machine computes the same bits.</summary>
/// <remarks>
/// <see cref="Math.Exp"/> and <see cref="Math.Log(double)"/> call the C library of the platform, and libraries differ in
/// the last bit; a shard must not. Both are within a few units in the last place, far finer than anything planted.
/// </remarks>
public static class PortableMath
{
    private const double _ln2High = 0.693147180369123816490, _ln2Low = 1.90821492927058770002e-10;

    /// <summary>e^x = 2ᵏ e^r with |r| ≤ ln 2 / 2, e^r by its series. Clamped to |x| ≤ 700.</summary>
    public static double Exp(double x)
    {
        x = Math.Clamp(x, -700, 700);
        double k = Math.Floor((x * 1.44269504088896340736) + 0.5);
        double r = x - (k * _ln2High) - (k * _ln2Low);
        double sum = 1;
        for (int n = 14; n >= 1; n--)
            sum = 1 + (r / n * sum);
        return sum * BitConverter.Int64BitsToDouble((long)(k + 1023) << 52);
    }

    /// <summary>ln x = k ln 2 + 2 artanh((m − 1)/(m + 1)) for x = m 2ᵏ, √½ ≤ m &lt; √2. x positive and normal.</summary>
    public static double Log(double x)
    {
        long bits = BitConverter.DoubleToInt64Bits(x);
        int k = (int)(bits >> 52) - 1023;
        double m = BitConverter.Int64BitsToDouble((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000);
        if (m > 1.41421356237309504880)
        {
            m *= 0.5;
            k++;
        }
        double s = (m - 1) / (m + 1), square = s * s, sum = 0;
        for (int n = 21; n >= 1; n -= 2)
            sum = (sum * square) + (1.0 / n);
        return (k * _ln2High) + (k * _ln2Low) + (2 * s * sum);
    }

    /// <summary>x^y for positive x.</summary>
    public static double Pow(double x, double y) => Exp(y * Log(x));

    /// <summary>1 / (1 + e^−x).</summary>
    public static double Sigmoid(double x) => 1 / (1 + Exp(-x));
}
