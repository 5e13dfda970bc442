namespace GpuCtr.Datagen;

/// <summary>The probability that a row is clicked: p = σ(bias + first-order + pairwise + higher-order).</summary>
public sealed class PlantedTruth
{
    // Fixed, so that every seed and size is as hard as every other. The shares of the parts in the logit's variance leave
    // the first-order part some 0.03 of AUC below the whole. Interactions beyond that would only be slow to learn.
    private const double _clickRate = 0.25, _bestAuc = 0.83;
    private static readonly double[] _shares = [0.81, 0.14, 0.05];

    private const int _calibrationRows = 1 << 15;

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
            double scale = Math.Sqrt(_shares[order] / Variance(part));
            parts[order].Scale = scale;
            for (int i = 0; i < sum.Length; i++)
                sum[i] += scale * part[i];
        }
        (double overall, _bias) = Calibration.Find(sum, _clickRate, _bestAuc);
        foreach (var planted in parts)
            planted.Scale *= overall;
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
}
