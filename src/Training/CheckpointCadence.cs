using System.Diagnostics;
using System.Globalization;

namespace GpuCtr.Training;

/// <summary>How often checkpoints are saved within an epoch.</summary>
/// <param name="steps">Every so many steps; 0 = not by steps.</param>
/// <param name="seconds">Every so many seconds; 0 = not by time.</param>
internal sealed class CheckpointCadence(int steps, int seconds)
{
    private long last = Stopwatch.GetTimestamp();

    /// <summary>At the end of an epoch only.</summary>
    public static CheckpointCadence Never { get; } = new(0, 0);

    /// <summary>Reads "100" (steps) or "60s".</summary>
    /// <exception cref="GpuCtrException">Usage: neither.</exception>
    public static CheckpointCadence Parse(string text)
    {
        bool time = text.EndsWith('s');
        return int.TryParse(time ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            ? new CheckpointCadence(time ? 0 : count, time ? count : 0)
            : throw GpuCtrException.UsageError($"--checkpoint-every {text}: expected a number of steps, or seconds such as 60s");
    }

    /// <summary>Whether a checkpoint is due after a step.</summary>
    public bool IsDue(int step)
    {
        bool due = (steps > 0 && step % steps == 0) || (seconds > 0 && Stopwatch.GetElapsedTime(last).TotalSeconds >= seconds);
        if (due)
            last = Stopwatch.GetTimestamp();
        return due;
    }
}
