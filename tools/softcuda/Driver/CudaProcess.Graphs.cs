using GpuCtr.SoftCuda.Memory;
using GpuCtr.SoftCuda.Streams;

namespace GpuCtr.SoftCuda.Driver;

/// <summary>The captured work of a stream, in order, with its arguments at capture.</summary>
/// <param name="Works">The nodes.</param>
internal sealed record CudaGraph(IReadOnlyList<IWork> Works);

/// <summary>A graph that can be launched.</summary>
/// <param name="Works">The nodes.</param>
internal sealed record GraphInstance(IReadOnlyList<IWork> Works);

/// <summary>Capture and graphs. A capture has one stream.</summary>
internal sealed partial class CudaProcess
{
    /// <summary>Begins a capture.</summary>
    public void BeginCapture(Context context, nint handle, int mode)
    {
        CudaStream stream = StreamOf(context, handle);
        if (stream.IsDefault)
            throw new Refusal(CudaResult.StreamCaptureUnsupported, "the default stream cannot capture");
        if (stream.Capture is not null)
            throw new Refusal(CudaResult.IllegalState, $"{stream} captures already");
        if (!Enum.IsDefined((CaptureMode)mode))
            throw new Refusal(CudaResult.InvalidValue, $"{mode} is no mode of a capture");
        stream.Capture = new((CaptureMode)mode, Environment.CurrentManagedThreadId);
    }

    /// <summary>Ends a capture; the handle of its graph.</summary>
    public nint EndCapture(Context context, nint handle)
    {
        CudaStream stream = handles.Get<CudaStream>(handle);
        if (stream.Context != context || stream.Capture is not { } capture)
            throw new Refusal(CudaResult.IllegalState, $"{stream} does not capture");
        if (capture.Mode != CaptureMode.Relaxed && capture.Thread != Environment.CurrentManagedThreadId)
            throw new Refusal(CudaResult.StreamCaptureWrongThread, "the capture was begun by another thread");
        stream.Capture = null;
        return capture.IsInvalid ? throw new Refusal(CudaResult.StreamCaptureInvalidated, null) : handles.Add(new CudaGraph(capture.Works));
    }

    /// <summary>Makes a graph ready for launches; the graph may be destroyed afterwards.</summary>
    public nint Instantiate(nint graph) => handles.Add(new GraphInstance([.. handles.Get<CudaGraph>(graph).Works]));

    /// <summary>Frees a graph.</summary>
    public void DestroyGraph(nint graph) => handles.Remove<CudaGraph>(graph);

    /// <summary>Frees an instance of a graph.</summary>
    public void DestroyInstance(nint instance) => handles.Remove<GraphInstance>(instance);

    /// <summary>Launches a graph: all its buffers must live.</summary>
    public void LaunchGraph(Context context, nint handle, nint streamHandle)
    {
        CudaStream stream = StreamOf(context, streamHandle);
        IReadOnlyList<IWork> works = handles.Get<GraphInstance>(handle).Works;
        for (int i = 0; i < works.Count; i++)
        {
            if (works[i].Lacks is { } lacking)
                engine.Findings.Add(new(Check.Stale, "cuGraphLaunch", $"node {i}, {works[i].Name}: {lacking}"));
            foreach (ulong address in works[i].Addresses)
                if (engine.Memory.Find(address) is { IsFreed: true } gone && address - gone.Address < (ulong)gone.Bytes)
                    engine.Findings.Add(new(Check.Stale, "cuGraphLaunch", $"node {i}, {works[i].Name}, has an address at byte {address - gone.Address} of {gone}"));
        }
        foreach (IWork work in works)
            scheduler.Add(stream, work, inGraph: true);
    }

    /// <summary>Refuses a call that cannot be captured, and makes the capture useless.</summary>
    private static void RefuseCapture(CudaStream stream, string what)
    {
        if (stream.Capture is { } capture)
            throw Invalidate(capture, CudaResult.StreamCaptureUnsupported, $"{stream} captures while {what}");
    }

    /// <summary>Refuses a call that may wait for the device while a capture forbids such calls to this thread.</summary>
    private void RefuseUnsafe(string what)
    {
        foreach (CudaStream stream in contexts.Keys.SelectMany(context => context.Streams))
            if (stream.Capture is { } capture && capture.Forbids(Environment.CurrentManagedThreadId))
                throw Invalidate(capture, CudaResult.StreamCaptureUnsupported, $"{stream} captures in mode {capture.Mode} while {what}");
    }

    private static Refusal Invalidate(Capture capture, CudaResult code, string why)
    {
        capture.IsInvalid = true;
        return new(code, why);
    }
}
