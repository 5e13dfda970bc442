using System.Text.Json;
using GpuCtr.Data;

namespace GpuCtr.Training.Reports;

/// <summary>Summary of some consecutive steps: a line of steps.jsonl.</summary>
/// <param name="Step">The last of these steps.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Seconds">Training time of the run, interruptions excluded.</param>
/// <param name="Loss">Mean training loss over the rows of these steps; null if it was not finite.</param>
/// <param name="LearningRate">Learning rate of the last step.</param>
/// <param name="RowsPerSecond">Rows per second, including the wait for data.</param>
/// <param name="LoaderWait">Share of the time spent waiting for data, 0 … 1.</param>
internal sealed record StepSample(int Step, int Epoch, double Seconds, double? Loss, double LearningRate, double RowsPerSecond, double LoaderWait)
{
    /// <summary>The lines of a file, up to a line that a crash cut short; none if the file is absent.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IEnumerable<StepSample> Read(string path)
    {
        foreach (string line in File.Exists(path) ? File.ReadAllLines(path) : [])
        {
            if (Parse(line) is not { } sample)
                yield break;
            yield return sample;
        }
    }

    private static StepSample? Parse(string line)
    {
        try
        {
            return JsonText.Parse<StepSample>(line);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return null;
        }
    }
}
