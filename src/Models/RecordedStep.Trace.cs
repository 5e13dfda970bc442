using System.Diagnostics;
using GpuCtr.Kernels;

namespace GpuCtr.Models;

internal sealed partial class RecordedStep
{
    private long traced;

    /// <summary>If set, receives the milliseconds of every part of a step; waits for the device after each part, so only for measuring.</summary>
    public Action<string, double>? Traced { get; set; }

    private bool IsTraced => Traced is not null;

    private void StartTrace()
    {
        if (!IsTraced)
            return;
        Model.Device.Synchronize();
        traced = Stopwatch.GetTimestamp();
    }

    /// <summary>Reports a part; names of ops are built only if a trace is set.</summary>
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
