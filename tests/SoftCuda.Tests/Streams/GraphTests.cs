using GpuCtr.SoftCuda.Tests.Driver;

namespace GpuCtr.SoftCuda.Tests.Streams;

/// <summary>Capture and graphs: what a capture records and forbids, what a graph keeps and needs.</summary>
[Collection(Cuda.Collection)]
[Trait("Speed", "Fast")]
public sealed class GraphTests
{
    private const int Global = 0, ThreadLocal = 1, Relaxed = 2;

    [Fact]
    public void Captured_work_runs_at_every_launch_and_not_before()
    {
        using Cuda cuda = new();
        (nint a, nint b, nint stream) = Start();
        nint instance = Capture(stream, () =>
        {
            Cuda.Ok(Cuda.Copy(b, a, 10, stream));
            Cuda.Ok(Cuda.Fill(a, 9, 10, stream));
        });
        Assert.Equal(0, Cuda.Read(a, 1)[0]);
        Cuda.Ok(Cuda.Fill(a, 5, 10, stream));
        Cuda.Ok(Cuda.Call("cuGraphLaunch", instance, stream));
        Assert.Equal((5, 9), (Cuda.Read(b, 1, stream)[0], Cuda.Read(a, 1, stream)[0]));
        Cuda.Ok(Cuda.Call("cuGraphLaunch", instance, stream));
        Assert.Equal((9, 9), (Cuda.Read(b, 1, stream)[0], Cuda.Read(a, 1, stream)[0]));
        Cuda.Ok(Cuda.Call("cuGraphExecDestroy", instance));
        cuda.Clean();
        cuda.Refused(CudaResult.InvalidHandle, "no GraphInstance that lives", Cuda.Call("cuGraphLaunch", instance, stream));
    }

    [Fact]
    public void Graph_with_a_freed_buffer_is_found_at_launch_and_its_fault_stays_with_the_context()
    {
        using Cuda cuda = new();
        (nint a, nint b, nint stream) = Start();
        nint instance = Capture(stream, () => Cuda.Ok(Cuda.Copy(b, a, 10, stream)));
        Cuda.Ok(Cuda.Call("cuGraphLaunch", instance, stream));
        Cuda.Ok(Cuda.Call("cuMemFree_v2", a));
        cuda.Clean();
        Cuda.Ok(Cuda.Call("cuGraphLaunch", instance, stream));
        Assert.Equal("Stale: cuGraphLaunch: node 0, copy of 10 bytes on the device, has an address at byte 0 of buffer 1 (10 bytes, freed)", Assert.Single(cuda.Findings).ToString());

        Assert.Equal(CudaResult.IllegalAddress, Cuda.Synchronize(stream));
        Assert.Equal(CudaResult.IllegalAddress, Cuda.Fill(b, 0, 10));
        Assert.Equal(2, cuda.Findings.Count);
        _ = Cuda.Out("cuCtxCreate_v2", 0, 0);
        Cuda.Ok(Cuda.Fill(Cuda.Allocate(10), 0, 10));
        Assert.Equal(2, cuda.Findings.Count);
    }

    [Fact]
    public void Relaxed_capture_lets_memory_be_allocated_and_others_be_waited_for()
    {
        using Cuda cuda = new();
        (_, _, nint stream) = Start();
        nint other = Cuda.NewStream();
        _ = Capture(stream, () =>
        {
            Cuda.Ok(Cuda.Fill(Cuda.Allocate(16), 0, 16));
            Cuda.Ok(Cuda.Synchronize(other));
        });
        cuda.Clean();
    }

    [Theory]
    [InlineData(Global, "cuMemAlloc_v2")]
    [InlineData(ThreadLocal, "cuMemAlloc_v2")]
    [InlineData(Global, "cuStreamSynchronize")]
    [InlineData(ThreadLocal, "cuEventQuery")]
    [InlineData(Global, "cuMemFree_v2")]
    public void Stricter_capture_forbids_calls_that_may_wait_and_is_lost_by_them(int mode, string call)
    {
        using Cuda cuda = new();
        (nint a, nint b, nint stream) = Start();
        nint argument = call switch { "cuEventQuery" => Cuda.Out("cuEventCreate", 0), "cuMemFree_v2" => a, "cuStreamSynchronize" => Cuda.NewStream(), _ => Place };
        Cuda.Ok(Cuda.Call("cuStreamBeginCapture_v2", stream, mode));
        cuda.Refused(CudaResult.StreamCaptureUnsupported, "captures in mode", Cuda.Call(call, argument, 16));
        Assert.Equal(CudaResult.StreamCaptureInvalidated, Cuda.Fill(b, 0, 10, stream));
        Assert.Equal(CudaResult.StreamCaptureInvalidated, Cuda.Call("cuStreamEndCapture", stream, Place));
        Cuda.Ok(Cuda.Fill(b, 0, 10, stream));
        Assert.Single(cuda.Findings);
    }

    [Theory]
    [InlineData(Global, false)]
    [InlineData(ThreadLocal, true)]
    public void Capture_of_one_thread_binds_others_only_if_it_is_global(int mode, bool isAllowed)
    {
        using Cuda cuda = new();
        (_, _, nint stream) = Start();
        Cuda.Ok(Cuda.Call("cuStreamBeginCapture_v2", stream, mode));
        CudaResult there = default;
        Thread thread = new(() =>
        {
            Cuda.Ok(Cuda.Call("cuCtxSetCurrent", cuda.Context));
            there = Cuda.Call("cuMemAlloc_v2", Place, 16);
        });
        thread.Start();
        thread.Join();
        Assert.Equal(isAllowed ? CudaResult.Success : CudaResult.StreamCaptureUnsupported, there);
    }

    [Fact]
    public void Stream_that_captures_and_its_context_cannot_be_waited_for()
    {
        using Cuda cuda = new();
        (_, _, nint stream) = Start();
        Cuda.Ok(Cuda.Call("cuStreamBeginCapture_v2", stream, Relaxed));
        cuda.Refused(CudaResult.StreamCaptureUnsupported, "stream 1 captures while it is synchronized", Cuda.Synchronize(stream));
        Assert.Equal(CudaResult.StreamCaptureUnsupported, Cuda.Call("cuCtxSynchronize"));
        Assert.Equal(CudaResult.StreamCaptureInvalidated, Cuda.Call("cuStreamEndCapture", stream, Place));
    }

    [Fact]
    public void Default_stream_cannot_be_used_while_a_blocking_stream_captures()
    {
        using Cuda cuda = new();
        (nint a, _, _) = Start();
        nint stream = Cuda.NewStream(isBlocking: true);
        Cuda.Ok(Cuda.Call("cuStreamBeginCapture_v2", stream, Relaxed));
        cuda.Refused(CudaResult.StreamCaptureImplicit, "the default stream would wait for stream 2", Cuda.Fill(a, 0, 10));
        Assert.Equal(CudaResult.StreamCaptureInvalidated, Cuda.Call("cuStreamEndCapture", stream, Place));
    }

    [Fact]
    public void Default_stream_can_be_used_while_another_stream_captures_and_cannot_capture_itself()
    {
        using Cuda cuda = new();
        (nint a, _, nint stream) = Start();
        _ = Capture(stream, () => Cuda.Ok(Cuda.Fill(a, 0, 10)));
        cuda.Clean();
        cuda.Refused(CudaResult.StreamCaptureUnsupported, "the default stream cannot capture", Cuda.Call("cuStreamBeginCapture_v2", 0, Relaxed));
    }

    [Fact]
    public void Capture_begins_once_and_ends_once()
    {
        using Cuda cuda = new();
        (_, _, nint stream) = Start();
        Cuda.Ok(Cuda.Call("cuStreamBeginCapture_v2", stream, Relaxed));
        cuda.Refused(CudaResult.IllegalState, "stream 1 captures already", Cuda.Call("cuStreamBeginCapture_v2", stream, Relaxed));
        Cuda.Ok(Cuda.Call("cuStreamEndCapture", stream, Place));
        Assert.Equal(CudaResult.IllegalState, Cuda.Call("cuStreamEndCapture", stream, Place));
    }

    [Theory]
    [InlineData(Global, CudaResult.StreamCaptureWrongThread)]
    [InlineData(Relaxed, CudaResult.Success)]
    public void Capture_is_ended_by_its_thread_unless_it_is_relaxed(int mode, CudaResult expected)
    {
        using Cuda cuda = new();
        (_, _, nint stream) = Start();
        Cuda.Ok(Cuda.Call("cuStreamBeginCapture_v2", stream, mode));
        CudaResult there = default;
        Thread thread = new(() =>
        {
            Cuda.Ok(Cuda.Call("cuCtxSetCurrent", cuda.Context));
            there = Cuda.Call("cuStreamEndCapture", stream, Place);
        });
        thread.Start();
        thread.Join();
        Assert.Equal(expected, there);
    }

    [Fact]
    public void Capture_does_not_wait_for_what_is_outside_and_nobody_waits_for_what_is_inside()
    {
        using Cuda cuda = new();
        (nint a, _, nint stream) = Start();
        (nint outside, nint inside, nint other) = (Cuda.Out("cuEventCreate", 2), Cuda.Out("cuEventCreate", 2), Cuda.NewStream());
        Cuda.Ok(Cuda.Fill(a, 1, 10, other));
        Cuda.Ok(Cuda.Call("cuEventRecord", outside, other));
        Cuda.Ok(Cuda.Call("cuStreamBeginCapture_v2", stream, Relaxed));
        Cuda.Ok(Cuda.Call("cuEventRecord", inside, stream));
        Cuda.Ok(Cuda.Call("cuStreamWaitEvent", stream, inside));
        cuda.Clean();
        cuda.Refused(CudaResult.StreamCaptureIsolation, "outside of the capture", Cuda.Call("cuStreamWaitEvent", stream, outside));
        Assert.Equal(CudaResult.CapturedEvent, Cuda.Call("cuEventSynchronize", inside));
        Assert.Equal(2, cuda.Findings.Count);
    }

    [Fact]
    public void Second_stream_in_a_capture_is_refused_and_not_left_out()
    {
        using Cuda cuda = new();
        (_, _, nint stream) = Start();
        nint inside = Cuda.Out("cuEventCreate", 2);
        Cuda.Ok(Cuda.Call("cuStreamBeginCapture_v2", stream, Relaxed));
        Cuda.Ok(Cuda.Call("cuEventRecord", inside, stream));
        cuda.Refused(CudaResult.NotSupported, "a second stream would join a capture", Cuda.Call("cuStreamWaitEvent", Cuda.NewStream(), inside));
    }

    // An address that results may be written to.
    private static readonly unsafe nint place = (nint)System.Runtime.InteropServices.NativeMemory.AllocZeroed(64);

    private static nint Place => place;

    /// <summary>Two buffers of ten zeros and a stream.</summary>
    private static (nint A, nint B, nint Stream) Start()
    {
        (nint a, nint b) = (Cuda.Allocate(10), Cuda.Allocate(10));
        Cuda.Ok(Cuda.Fill(a, 0, 10));
        Cuda.Ok(Cuda.Fill(b, 0, 10));
        Cuda.Ok(Cuda.Call("cuCtxSynchronize"));
        return (a, b, Cuda.NewStream());
    }

    /// <summary>Captures, instantiates, and destroys the graph, which its instance does not need.</summary>
    private static nint Capture(nint stream, Action work)
    {
        Cuda.Ok(Cuda.Call("cuStreamBeginCapture_v2", stream, Relaxed));
        work();
        Cuda.Ok(Cuda.Call("cuStreamEndCapture", stream, Place));
        nint graph = System.Runtime.InteropServices.Marshal.ReadIntPtr(Place), instance = Cuda.Out("cuGraphInstantiateWithFlags", graph, 0);
        Cuda.Ok(Cuda.Call("cuGraphDestroy", graph));
        return instance;
    }
}
