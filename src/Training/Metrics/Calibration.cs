namespace GpuCtr.Training.Metrics;

/// <summary>A bin of predictions.</summary>
/// <param name="Low">Lower edge of the predictions in it.</param>
/// <param name="High">Upper edge, exclusive except in the last bin.</param>
/// <param name="Rows">Rows.</param>
/// <param name="MeanPrediction">Mean prediction; null if empty.</param>
/// <param name="MeanLabel">Share of label 1; null if empty.</param>
public sealed record CalibrationBin(double Low, double High, long Rows, double? MeanPrediction, double? MeanLabel);

/// <summary>Ratio = mean prediction / mean label over all rows, and both means in ten bins of equal width of the prediction sigmoid(z).</summary>
/// <param name="Ratio">Ratio over all rows; null if no label is 1.</param>
/// <param name="Bins">Ten bins.</param>
public sealed record Calibration(double? Ratio, IReadOnlyList<CalibrationBin> Bins)
{
    /// <summary>The ratio as people read it: 1 is right, 1.2 promises a fifth more clicks than there are.</summary>
    public const string Name = "mean prediction ÷ label rate";

    private const int BinCount = 10;

    /// <summary>Calibration of a model.</summary>
    /// <param name="logits">(rows) logits.</param>
    /// <param name="labels">(rows) 0, 1, or shares in between.</param>
    /// <param name="weights">(rows) weights of the rows in both means; empty: 1.</param>
    public static Calibration Of(ReadOnlySpan<float> logits, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights = default)
    {
        if (logits.Length != labels.Length)
            throw new ArgumentException($"{logits.Length} logits, {labels.Length} labels");
        Span<long> rows = stackalloc long[BinCount];
        Span<double> predictions = stackalloc double[BinCount], positives = stackalloc double[BinCount], all = stackalloc double[BinCount];
        for (int i = 0; i < logits.Length; i++)
        {
            double p = 1 / (1 + Math.Exp(-(double)logits[i]));
            int bin = Math.Clamp((int)(p * BinCount), 0, BinCount - 1);
            rows[bin]++;
            double w = weights.IsEmpty ? 1 : weights[i];
            all[bin] += w;
            predictions[bin] += w * p;
            positives[bin] += w * labels[i];
        }

        var bins = new CalibrationBin[BinCount];
        double allPredictions = 0, allPositives = 0;
        for (int b = 0; b < BinCount; b++)
        {
            bool empty = rows[b] == 0;
            bins[b] = new CalibrationBin(
                (double)b / BinCount, (b + 1.0) / BinCount, rows[b], empty ? null : predictions[b] / all[b], empty ? null : positives[b] / all[b]);
            allPredictions += predictions[b];
            allPositives += positives[b];
        }

        return new Calibration(allPositives > 0 ? allPredictions / allPositives : null, bins);
    }
}
