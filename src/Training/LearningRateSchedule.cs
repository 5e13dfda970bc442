namespace GpuCtr.Training;

/// <summary>Learning rate of a step: base · min(1, step / warm-up) · plateau^p · Π of the factors of epochs reached.</summary>
/// <remarks>p is the number of epochs so far without a better validation value.</remarks>
/// <param name="start">Base learning rate.</param>
/// <param name="warmupSteps">Steps of the linear rise; 0 = none.</param>
/// <param name="plateau">Factor after an epoch without a better value; 1 = off.</param>
/// <param name="steps">Factors from given epochs (from 1) on.</param>
internal sealed class LearningRateSchedule(double start, int warmupSteps, double plateau, IReadOnlyList<(int Epoch, double Factor)> steps)
{
    /// <summary>Product of the plateau factors so far; restored with a checkpoint.</summary>
    public double PlateauFactor { get; set; } = 1;

    /// <summary>The learning rate.</summary>
    /// <param name="step">Number of the step, from 1, over all epochs.</param>
    /// <param name="epoch">Number of the epoch, from 1.</param>
    public double At(long step, int epoch)
    {
        double rate = start * PlateauFactor;
        foreach ((int from, double factor) in steps)
            rate *= epoch >= from ? factor : 1;
        return step < warmupSteps ? rate * step / warmupSteps : rate;
    }

    /// <summary>Notes the end of an epoch.</summary>
    public void EndEpoch(bool isBetter)
    {
        if (!isBetter)
            PlateauFactor *= plateau;
    }
}
