using System.Diagnostics;
using GpuCtr.Kernels;

namespace GpuCtr.Models;

internal sealed partial class RecordedStep
{
    private long traced;

    /// <summary>Told the milliseconds of every part of a step while set; waits for the device after each, so only for measuring.</summary>
    public Action<string, double>? Traced { get; set; }

    private bool IsTraced => Traced is not null;

    private void StartTrace()
    {
        if (!IsTraced)
            return;
        Model.Device.Synchronize();
        traced = Stopwatch.GetTimestamp();
    }

    /// <summary>Names of ops are put together when they are asked for: not in every step.</summary>
    private void Trace(string phase, IOp op)
    {
        if (IsTraced)
            Trace(phase, op.Name);
    }

    private void Trace(string phase, string? part = null)
    {
        if (Traced is not { } told)
            return;
        Model.Device.Synchronize();
        told(part is null ? phase : $"{phase} {part}", Stopwatch.GetElapsedTime(traced).TotalMilliseconds);
        traced = Stopwatch.GetTimestamp();
    }
}
