namespace GpuCtr.Datagen;

/// <summary>A smooth function of a standardized numeric value, of variance 1 over the rows.</summary>
public sealed class NumericFactor : Factor
{
    private readonly int _index;
    private readonly NumericField _field;
    private readonly Func<double, double> _shape;
    private readonly double _mean, _scale, _atNull;

    private NumericFactor(CriteoSchema schema, int index, Func<double, double> shape, double atNull)
    {
        (_index, _field, _shape, _atNull) = (index, schema.Numeric[index], shape, atNull);
        (_mean, double variance) = MomentsOver(_field);
        _scale = 1 / Math.Sqrt(variance);
    }

    /// <inheritdoc/>
    public override string Column => _field.Name;

    /// <summary>x itself, which a linear model can use; a drawn constant for null.</summary>
    public static NumericFactor Linear(CriteoSchema schema, int index, DrawSequence draws) =>
        new(schema, index, x => x, draws.Uniform(-1, 1));

    /// <summary>x / √(1 + x²/4): like x in the middle and never beyond ±2, so that no outlier dominates a product. Null has none.</summary>
    public static NumericFactor Bounded(CriteoSchema schema, int index) => new(schema, index, Bound, 0);

    /// <summary>The square of the bounded value: both ends against the middle, which a linear model cannot represent. Null has none.</summary>
    public static NumericFactor Curve(CriteoSchema schema, int index) => new(schema, index, x => Bound(x) * Bound(x), 0);

    /// <inheritdoc/>
    public override void MultiplyInto(CriteoRows rows, Span<double> products)
    {
        float[] values = rows.Values[_index];
        for (int i = 0; i < products.Length; i++)
            products[i] *= float.IsNaN(values[i]) ? _atNull : _scale * (_shape(_field.Standardized(values[i])) - _mean);
    }

    private static double Bound(double x) => x / Math.Sqrt(1 + (x * x / 4));

    // Mean and variance of the shape over the field's distribution, by the midpoint rule in probability.
    private (double Mean, double Variance) MomentsOver(NumericField field)
    {
        const int points = 4096;
        double sum = 0, square = 0;
        for (int i = 0; i < points; i++)
        {
            double y = _shape(field.Standardized(field.Value((i + 0.5) / points)));
            sum += y;
            square += y * y;
        }
        double mean = sum / points;
        return (mean, (square / points) - (mean * mean));
    }
}
