using System.Diagnostics;
using GpuCtr.SoftCuda.Streams;

namespace GpuCtr.SoftCuda.Driver;

/// <summary>An event: the point where it was recorded last.</summary>
/// <param name="HasTime">Whether its time can be queried.</param>
internal sealed record CudaEvent(bool HasTime)
{
    /// <summary>The point; null before it was recorded, and after it was recorded in a capture.</summary>
    public Marker? Marker { get; set; }

    /// <summary>The capture that it was recorded in; null if it was recorded on a stream.</summary>
    public Capture? Capture { get; set; }
}

/// <summary>Streams and events.</summary>
internal sealed partial class CudaProcess
{
    private const nint Legacy = 1, PerThread = 2;

    /// <summary>A new stream.</summary>
    public nint CreateStream(Context context, int flags) => handles.Add(context.AddStream(isBlocking: flags == 0));

    /// <summary>Destroys a stream after everything on it.</summary>
    public void DestroyStream(Context context, nint handle)
    {
        CudaStream gone = StreamOf(context, handle);
        if (gone.IsDefault)
            throw new Refusal(CudaResult.InvalidHandle, "the default stream cannot be destroyed");
        if (gone.Capture is null)
            scheduler.Drain(gone);
        handles.Remove<CudaStream>(handle);
        context.Streams.Remove(gone);
    }

    /// <summary>Waits for everything on a stream.</summary>
    public void Synchronize(Context context, nint handle)
    {
        CudaStream stream = StreamOf(context, handle);
        RefuseCapture(stream, "it is synchronized");
        RefuseUnsafe("a stream is synchronized");
        scheduler.Drain(stream);
    }

    /// <summary>A new event.</summary>
    public nint CreateEvent(uint flags) => handles.Add(new CudaEvent((flags & 2) == 0));

    /// <summary>Destroys an event; who waits for it goes on waiting.</summary>
    public void DestroyEvent(nint handle) => handles.Remove<CudaEvent>(handle);

    /// <summary>Records an event after everything now on the stream.</summary>
    public void Record(Context context, nint handle, nint streamHandle)
    {
        CudaStream stream = StreamOf(context, streamHandle);
        CudaEvent happening = handles.Get<CudaEvent>(handle);
        (happening.Capture, happening.Marker) = stream.Capture is { } capture ? (capture, (Marker?)null) : (null, scheduler.Mark(stream));
    }

    /// <summary>Makes later items of the stream wait for an event.</summary>
    public void Wait(Context context, nint streamHandle, nint handle)
    {
        CudaStream stream = StreamOf(context, streamHandle);
        CudaEvent happening = handles.Get<CudaEvent>(handle);
        if (happening.Capture is { } capture && stream.Capture != capture)
            throw new Refusal(CudaResult.NotSupported, "a second stream would join a capture, which this machine does not have");
        if (stream.Capture is { } own && happening.Marker is not null)
        {
            own.IsInvalid = true;
            throw new Refusal(CudaResult.StreamCaptureIsolation, $"{stream}, which captures, would wait for an event that was recorded outside of the capture");
        }
        if (happening.Marker is { } marker)
            scheduler.Wait(stream, marker);
    }

    /// <summary>Whether an event has happened, as an error if not. An event that was never recorded has.</summary>
    public void Query(Context context, nint handle)
    {
        RefuseUnsafe("an event is queried");
        if (MarkerOf(handle) is not { } marker)
            return;
        scheduler.Step(context);
        if (!marker.HasHappened)
            throw new Refusal(CudaResult.NotReady, null);
        scheduler.Reach(marker);
    }

    /// <summary>Waits for an event.</summary>
    public void SynchronizeEvent(nint handle)
    {
        RefuseUnsafe("an event is waited for");
        if (MarkerOf(handle) is { } marker)
            scheduler.Reach(marker);
    }

    /// <summary>Milliseconds of this process between two events.</summary>
    public float Elapsed(nint begin, nint end)
    {
        Marker?[] both = [MarkerOf(begin), MarkerOf(end)];
        if (both.Contains(null) || !handles.Get<CudaEvent>(begin).HasTime || !handles.Get<CudaEvent>(end).HasTime)
            throw new Refusal(CudaResult.InvalidHandle, "an event was not recorded, or has no time");
        if (both.Any(m => !m!.HasHappened))
            throw new Refusal(CudaResult.NotReady, null);
        return (float)Stopwatch.GetElapsedTime(both[0]!.Time, both[1]!.Time).TotalMilliseconds;
    }

    private Marker? MarkerOf(nint handle) => handles.Get<CudaEvent>(handle) switch
    {
        { Capture: { } capture } => throw Invalidate(capture, CudaResult.CapturedEvent, "the event was recorded in a capture: it never happens"),
        CudaEvent happening => happening.Marker,
    };

    /// <summary>A stream that work may go to: of this context; the default stream only while no blocking stream captures.</summary>
    private CudaStream StreamOf(Context context, nint handle)
    {
        if (handle == PerThread)
            throw new Refusal(CudaResult.NotSupported, "this machine has no default stream for every thread");
        CudaStream stream = handle is 0 or Legacy ? context.DefaultStream : handles.Get<CudaStream>(handle);
        if (stream.Context != context)
            throw new Refusal(CudaResult.InvalidHandle, "the stream belongs to a context that is not current");
        if (stream.Capture is { IsInvalid: true })
            throw new Refusal(CudaResult.StreamCaptureInvalidated, null);
        if (stream.IsDefault && context.Streams.FirstOrDefault(s => s.IsBlocking && s.Capture is not null) is { Capture: { } capture } other)
            throw Invalidate(capture, CudaResult.StreamCaptureImplicit, $"the default stream would wait for {other}, which captures");
        return stream;
    }
}
