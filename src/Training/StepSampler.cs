using System.Diagnostics;
using GpuCtr.Training.Reports;

namespace GpuCtr.Training;

/// <summary>Cuts an epoch into about a hundred parts and summarizes each as a <see cref="StepSample"/>.</summary>
internal sealed class StepSampler
{
    private const int PiecesPerEpoch = 100;

    private readonly long begin = Stopwatch.GetTimestamp();
    private long cutAt, rows;
    private double lossSum, waited;
    private long lossRows;

    /// <summary>Starts an epoch, or the rest of it after a resume.</summary>
    /// <param name="firstRow">Rows of the epoch already trained on.</param>
    /// <param name="sum">Sum of the loss over these rows, and the number of rows in it.</param>
    public void Start(long firstRow, (double Loss, long Rows) sum) =>
        (cutAt, rows, lossSum, lossRows, waited) = (Stopwatch.GetTimestamp(), firstRow, sum.Loss, sum.Rows, 0);

    /// <summary>Whether a part is complete.</summary>
    public bool IsDue(long epochRows, long rowsOfEpoch) => epochRows - rows >= Math.Max(1, rowsOfEpoch / PiecesPerEpoch);

    /// <summary>Ends a part.</summary>
    /// <param name="step">Its last step.</param>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="epochRows">Rows of the epoch trained on.</param>
    /// <param name="sum">Sum of the loss over the rows of the epoch so far, and the number of rows in it.</param>
    /// <param name="waitedSeconds">Seconds spent waiting for data in this epoch.</param>
    /// <param name="learningRate">Learning rate of the last step.</param>
    public StepSample Cut(int step, int epoch, long epochRows, (double Loss, long Rows) sum, double waitedSeconds, double learningRate)
    {
        double seconds = Math.Max(Stopwatch.GetElapsedTime(cutAt).TotalSeconds, 1e-9), loss = (sum.Loss - lossSum) / (sum.Rows - lossRows);
        StepSample sample = new(
            step, epoch, Stopwatch.GetElapsedTime(begin).TotalSeconds, double.IsFinite(loss) ? loss : null, learningRate,
            (epochRows - rows) / seconds, Math.Clamp((waitedSeconds - waited) / seconds, 0, 1));
        (cutAt, rows, lossSum, lossRows, waited) = (Stopwatch.GetTimestamp(), epochRows, sum.Loss, sum.Rows, waitedSeconds);
        return sample;
    }
}
