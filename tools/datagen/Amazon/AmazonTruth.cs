namespace GpuCtr.Datagen;

/// <summary>The probability that a row is clicked: p = σ(bias + scale · (s/(s + 1) + 0.02 (item + category effect))).</summary>
/// s = Σ affinity(history_t) over the t whose category is that of the target
/// <remarks>
/// Only the related part of the history matters, it saturates, and its size counts rather than its share: a mean over
/// the whole history blurs many interests in few dimensions and divides by a length that has nothing to do with it.
/// </remarks>
public sealed class AmazonTruth
{
    private const double _clickRate = 0.3, _bestAuc = 0.83, _mainEffect = 0.02;
    private const int _calibrationRows = 1 << 15;

    private readonly AmazonCatalogue _catalogue;
    private readonly double _scale, _bias;

    /// <summary>Calibrates the truth on rows of <paramref name="stream"/>, which is used for nothing else.</summary>
    public AmazonTruth(AmazonCatalogue catalogue, CounterStream stream)
    {
        _catalogue = catalogue;
        var rows = new AmazonRows(catalogue, _calibrationRows);
        rows.Fill(stream, 0, _calibrationRows);
        double[] logits = new double[_calibrationRows];
        for (int i = 0; i < logits.Length; i++)
            logits[i] = Unscaled(rows, i, Related(rows, i));
        (_scale, _bias) = Calibration.Find(logits, _clickRate, _bestAuc);
    }

    /// <summary>The true probability of a row.</summary>
    public double Probability(AmazonRows rows, int row) => Probability(rows, row, Related(rows, row));

    /// <summary>The probability that a row would have if its related history summed to <paramref name="related"/>.</summary>
    public double Probability(AmazonRows rows, int row, double related) =>
        PortableMath.Sigmoid(_bias + (_scale * Unscaled(rows, row, related)));

    /// <summary>s of a row.</summary>
    public double Related(AmazonRows rows, int row)
    {
        int category = _catalogue.CategoryOf(rows.Items[row]);
        double sum = 0;
        foreach (int item in rows.History(row))
        {
            if (_catalogue.CategoryOf(item) == category)
                sum += _catalogue.Affinity[item];
        }
        return sum;
    }

    private double Unscaled(AmazonRows rows, int row, double related)
    {
        int item = rows.Items[row];
        return (related / (related + 1)) + (_mainEffect * (_catalogue.ItemEffect[item] + _catalogue.CategoryEffect[_catalogue.CategoryOf(item)]));
    }
}
