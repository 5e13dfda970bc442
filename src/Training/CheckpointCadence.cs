using System.Globalization;
using GpuCtr.Models;

namespace GpuCtr.Training;

/// <summary>How often checkpoints are saved within an epoch.</summary>
/// <param name="Steps">Number of steps between checkpoints; 0 = not by steps.</param>
/// <param name="Seconds">Seconds between checkpoints; 0 = not by time.</param>
public sealed record CheckpointCadence(int Steps, int Seconds) : IOptionText<CheckpointCadence>
{
    /// <summary>At the end of an epoch only.</summary>
    public static CheckpointCadence Never { get; } = new(0, 0);

    /// <summary>Reads "100" (steps) or "60s".</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static CheckpointCadence Parse(string text)
    {
        bool time = text.EndsWith('s');
        return int.TryParse(time ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            ? new CheckpointCadence(time ? 0 : count, time ? count : 0)
            : throw new FormatException("expected a number of steps, or seconds such as 60s");
    }

    /// <summary>Whether a checkpoint is due after a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="sinceLast">Time since the last one.</param>
    public bool IsDue(int step, TimeSpan sinceLast) => (Steps > 0 && step % Steps == 0) || (Seconds > 0 && sinceLast.TotalSeconds >= Seconds);

    /// <inheritdoc/>
    public override string ToString() => Seconds > 0 ? $"{Seconds}s" : $"{Steps}";
}
