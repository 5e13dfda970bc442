namespace GpuCtr.SoftCuda.Streams;

/// <summary>Which calls of which threads a capture forbids (<c>CUstreamCaptureMode</c>).</summary>
internal enum CaptureMode
{
    /// <summary>Unsafe calls of all threads.</summary>
    Global,

    /// <summary>Unsafe calls of the thread that captures.</summary>
    ThreadLocal,

    /// <summary>None but those that cannot be captured.</summary>
    Relaxed,
}

/// <summary>A capture in progress: the items that become nodes of a graph.</summary>
/// <param name="mode">Which calls it forbids.</param>
/// <param name="thread">The managed thread that began it.</param>
internal sealed class Capture(CaptureMode mode, int thread)
{
    /// <summary>Which calls it forbids.</summary>
    public CaptureMode Mode => mode;

    /// <summary>The managed thread that began it.</summary>
    public int Thread => thread;

    /// <summary>What was captured so far.</summary>
    public List<IWork> Works { get; } = [];

    /// <summary>Whether a forbidden call has made it useless.</summary>
    public bool IsInvalid { get; set; }

    /// <summary>Whether a thread may not make calls that could change or wait for the device.</summary>
    public bool Forbids(int caller) => mode == CaptureMode.Global || mode == CaptureMode.ThreadLocal && caller == thread;
}
