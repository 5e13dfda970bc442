using System.Diagnostics;
using GpuCtr.Training.Screens;
using static System.FormattableString;

namespace GpuCtr.Training;

/// <summary>Speed, time left and smoothed loss of an epoch: redrawn ten times a second on a terminal, else a line every few seconds.</summary>
/// <param name="runLog">Where it is shown.</param>
/// <param name="what">Name of the work.</param>
/// <param name="totalRows">Rows at the end.</param>
/// <param name="firstRow">Rows that were done before the start; they do not count towards the speed.</param>
internal sealed class ProgressMeter(RunLog runLog, string what, long totalRows, long firstRow = 0) : IDisposable
{
    private const double Smoothing = 0.9;

    private readonly TimeSpan pause = runLog.InPlace ? TimeSpan.FromSeconds(0.1) : TimeSpan.FromSeconds(5);
    private readonly long begin = Stopwatch.GetTimestamp();
    private long shown = Stopwatch.GetTimestamp();
    private double? smooth;

    /// <summary>Epoch and steps of the training run that the work belongs to, while it is shown; null: there is none.</summary>
    public (int Epoch, long Step)? At { get; set; }

    /// <summary>Whether it is time to update the progress.</summary>
    public bool IsDue => Stopwatch.GetElapsedTime(shown) >= pause;

    /// <summary>Time since the start.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(begin);

    /// <summary>Adds a mean loss to the smoothed loss; a value that is not finite is ignored.</summary>
    public void AddLoss(double loss)
    {
        if (double.IsFinite(loss))
            smooth = smooth is { } s ? Smoothing * s + (1 - Smoothing) * loss : loss;
    }

    /// <summary>Shows a line with percent, speed, time left and loss.</summary>
    /// <param name="rows">Rows that are done.</param>
    /// <param name="rest">Further facts, the most important first.</param>
    public void Show(long rows, params IEnumerable<string> rest)
    {
        shown = Stopwatch.GetTimestamp();
        double speed = (rows - firstRow) / Math.Max(Elapsed.TotalSeconds, 1e-9);
        TimeSpan left = TimeSpan.FromSeconds(Math.Min(1e8, (totalRows - rows) / Math.Max(speed, 1e-9)));
        string[] loss = smooth is { } s ? [Invariant($"loss {s:F5}")] : [];
        WorkProgress now = new(what, (double)rows / Math.Max(1, totalRows)) { Rows = rows, TotalRows = totalRows, RowsPerSecond = speed, TimeLeft = left };
        if (At is { } at)
            now = new TrainingProgress(now) { Epoch = at.Epoch, Step = at.Step, Loss = smooth };
        runLog.Progress(new ProgressState(now, [Invariant($"{speed,9:N0} rows/s"), $"{Format(left)} left", .. loss, .. rest]));
    }

    /// <summary>Shows a line with the share that is done, if the number of rows is not known in advance.</summary>
    /// <param name="share">0 … 1.</param>
    /// <param name="facts">Facts, the most important first.</param>
    public void ShowShare(double share, params IEnumerable<string> facts)
    {
        shown = Stopwatch.GetTimestamp();
        runLog.Progress(new ProgressState(new(what, share), [.. facts]));
    }

    /// <summary>Shows that the work is done, if progress is redrawn in place.</summary>
    public void ShowEnd()
    {
        if (runLog.InPlace)
            Show(totalRows);
    }

    /// <summary>Ends the progress.</summary>
    public void Dispose() => runLog.EndProgress();

    private static string Format(TimeSpan t) => t.TotalHours >= 1 ? $"{(int)t.TotalHours}:{t:mm\\:ss}" : $"{t:m\\:ss}";
}
