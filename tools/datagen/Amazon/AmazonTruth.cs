namespace GpuCtr.Datagen;

/// <summary>The probability that a row is clicked: p = σ(bias + scale · (s/(s + 1) + 0.02 (item + category effect))).</summary>
/// <remarks>s is the relevance of the history to the target; it saturates.</remarks>
public sealed class AmazonTruth
{
    private const double _clickRate = 0.3, _bestAuc = 0.83, _mainEffect = 0.02;
    private const int _calibrationRows = 1 << 15;

    private readonly AmazonCatalogue _catalogue;
    private readonly IInterest _interest;
    private readonly double _scale, _bias;

    /// <summary>Calibrates the truth on rows of <paramref name="stream"/>, which is used for nothing else.</summary>
    public AmazonTruth(AmazonCatalogue catalogue, IInterest interest, CounterStream stream)
    {
        (_catalogue, _interest) = (catalogue, interest);
        var rows = new AmazonRows(catalogue, interest, _calibrationRows);
        rows.Fill(stream, 0, _calibrationRows);
        double[] logits = new double[_calibrationRows];
        for (int i = 0; i < logits.Length; i++)
            logits[i] = Unscaled(rows, i, interest.Related(rows, i));
        (_scale, _bias) = Calibration.Find(logits, _clickRate, _bestAuc);
    }

    /// <summary>The true probability of a row.</summary>
    public double Probability(AmazonRows rows, int row) => Probability(rows, row, _interest.Related(rows, row));

    /// <summary>The probability that a row would have with <paramref name="related"/> in place of s.</summary>
    public double Probability(AmazonRows rows, int row, double related) =>
        PortableMath.Sigmoid(_bias + (_scale * Unscaled(rows, row, related)));

    private double Unscaled(AmazonRows rows, int row, double related)
    {
        int item = rows.Items[row];
        return (related / (related + 1)) + (_mainEffect * (_catalogue.ItemEffect[item] + _catalogue.CategoryEffect[_catalogue.CategoryOf(item)]));
    }
}
