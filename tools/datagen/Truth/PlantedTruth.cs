namespace GpuCtr.Datagen;

/// <summary>The probability that a row is clicked: p = σ(bias + first-order + pairwise + higher-order).</summary>
public sealed class PlantedTruth
{
    // Variances of the parts over the rows, and the share of clicks: fixed, so that every seed and size is as hard as
    // every other. Together they put the best possible AUC near 0.80 and that of the first-order part near 0.75.
    private const double _clickRate = 0.25;
    private static readonly double[] _variances = [1.55, 0.35, 0.12];

    private const int _calibrationRows = 1 << 16;

    private readonly PlantedPart[] _parts;
    private readonly double _bias;

    private PlantedTruth(PlantedPart[] parts, CriteoSchema schema, CounterStream calibration)
    {
        _parts = parts;
        var rows = new CriteoRows(schema, _calibrationRows);
        rows.Fill(calibration, 0, _calibrationRows);
        double[] part = new double[_calibrationRows], products = new double[_calibrationRows], sum = new double[_calibrationRows];
        for (int order = 0; order < parts.Length; order++)
        {
            parts[order].Evaluate(rows, part, products);
            double scale = Math.Sqrt(_variances[order] / Variance(part));
            parts[order].Scale = scale;
            for (int i = 0; i < sum.Length; i++)
                sum[i] += scale * part[i];
        }
        _bias = BiasFor(sum);
    }

    /// <summary>The parts, calibrated.</summary>
    public IReadOnlyList<PlantedPart> Parts => _parts;

    /// <summary>Plants and calibrates the truth of a seed; <paramref name="stream"/> is used for nothing else.</summary>
    public static PlantedTruth Plant(CriteoSchema schema, CounterStream stream) =>
        new(TruthPlanter.Plant(schema, stream.Child(0)), schema, stream.Child(1));

    /// <summary>The true probability of each row, and the probability that the first-order part alone would give. All (rows).</summary>
    public void Evaluate(CriteoRows rows, Span<double> probabilities, Span<double> firstOrder, Span<double> part, Span<double> products)
    {
        probabilities.Clear();
        for (int order = 0; order < _parts.Length; order++)
        {
            _parts[order].Evaluate(rows, part, products);
            for (int i = 0; i < part.Length; i++)
                probabilities[i] += part[i];
            if (order == 0)
                part.CopyTo(firstOrder);
        }
        for (int i = 0; i < probabilities.Length; i++)
        {
            probabilities[i] = PortableMath.Sigmoid(_bias + probabilities[i]);
            firstOrder[i] = PortableMath.Sigmoid(_bias + firstOrder[i]);
        }
    }

    private static double Variance(double[] values)
    {
        double sum = 0, square = 0;
        foreach (double value in values)
        {
            sum += value;
            square += value * value;
        }
        double mean = sum / values.Length;
        return (square / values.Length) - (mean * mean);
    }

    // Bisection: the mean of σ(bias + logit) rises with the bias.
    private static double BiasFor(double[] logits)
    {
        double low = -20, high = 20;
        for (int step = 0; step < 40; step++)
        {
            double middle = (low + high) / 2, mean = 0;
            foreach (double logit in logits)
                mean += PortableMath.Sigmoid(middle + logit) / logits.Length;
            (low, high) = mean < _clickRate ? (middle, high) : (low, middle);
        }
        return (low + high) / 2;
    }
}
