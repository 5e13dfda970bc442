using System.Text.Json;
using GpuCtr.Data;

namespace GpuCtr.Training.Reports;

/// <summary>What some steps in a row were like: a line of steps.jsonl.</summary>
/// <param name="Step">The last of them.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Seconds">Since the run began to train; while it was interrupted no time passes.</param>
/// <param name="Loss">Mean training loss over their rows; null if it was not finite.</param>
/// <param name="LearningRate">Of the last one.</param>
/// <param name="RowsPerSecond">Speed, waiting included.</param>
/// <param name="LoaderWait">Share of their time spent waiting for data, 0 … 1.</param>
internal sealed record StepSample(int Step, int Epoch, double Seconds, double? Loss, double LearningRate, double RowsPerSecond, double LoaderWait)
{
    /// <summary>The lines of a file up to one that is cut short, as by a crash; none if the file is absent.</summary>
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
