namespace GpuCtr.Datagen;

/// <summary>A float column: mean + deviation · x, x mildly skewed with mean 0 and variance 1, rounded to a decimal grid.</summary>
/// <remarks>x = (g + s (g² − 1)) / √(1 + 2 s²) for a standard normal g: E[x] = 0 and E[x²] = 1 for every skew s.</remarks>
public sealed class NumericField
{
    private readonly double _grid;

    /// <summary>A field with the given shape; values are whole multiples of 1 / <paramref name="grid"/>.</summary>
    public NumericField(string name, double mean, double deviation, double skew, double grid, double nullRate)
    {
        (Name, Mean, Deviation, Skew, NullRate, _grid) = (name, mean, deviation, skew, nullRate, grid);
    }

    /// <summary>Column name.</summary>
    public string Name { get; }

    /// <summary>Mean of the values, apart from rounding.</summary>
    public double Mean { get; }

    /// <summary>Standard deviation of the values, apart from rounding.</summary>
    public double Deviation { get; }

    /// <summary>The s of the formula: 0 is normal, positive has the long tail on the right.</summary>
    public double Skew { get; }

    /// <summary>Share of rows without a value; 0 means that the column is not nullable.</summary>
    public double NullRate { get; }

    /// <summary>The value for a uniform draw.</summary>
    public float Value(double uniform)
    {
        double g = NormalQuantile.At(uniform);
        double x = (g + (Skew * ((g * g) - 1))) / Math.Sqrt(1 + (2 * Skew * Skew));
        return (float)(Math.Round((Mean + (Deviation * x)) * _grid) / _grid);
    }

    /// <summary>x of a value as written, so that effects are computed from the values in the file.</summary>
    public double Standardized(float value) => (value - Mean) / Deviation;
}
