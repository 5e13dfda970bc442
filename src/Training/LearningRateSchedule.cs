using System.Globalization;
using GpuCtr.Models;

namespace GpuCtr.Training;

/// <summary>A factor on the learning rate from an epoch on.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Factor">The factor.</param>
public readonly record struct LearningRateStep(int Epoch, double Factor) : IOptionText<LearningRateStep>
{
    /// <summary>Reads epoch:factor.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static LearningRateStep Parse(string text) =>
        text.Split(':') is [var from, var by] && int.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out int epoch) && epoch > 0
            && double.TryParse(by, NumberStyles.Float, CultureInfo.InvariantCulture, out double factor) && double.IsFinite(factor) && factor >= 0
            ? new LearningRateStep(epoch, factor)
            : throw new FormatException("expected epoch:factor, such as 3:0.1");

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Epoch}:{Factor}");
}

/// <summary>Learning rate of a step: base · min(1, step / warm-up) · plateau^p · Π of the factors of epochs reached.</summary>
/// <remarks>p is the number of epochs so far without a better validation value.</remarks>
/// <param name="start">Base learning rate.</param>
/// <param name="warmupSteps">Steps of the linear rise; 0 = none.</param>
/// <param name="plateau">Factor after an epoch without a better value; 1 = off.</param>
/// <param name="steps">Factors from given epochs (from 1) on.</param>
internal sealed class LearningRateSchedule(double start, int warmupSteps, double plateau, IReadOnlyList<LearningRateStep> steps)
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
