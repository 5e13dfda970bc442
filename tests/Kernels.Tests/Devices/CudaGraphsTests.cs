using System.Runtime.InteropServices;
using GpuCtr.Kernels.Devices;

namespace GpuCtr.Kernels.Tests.Devices;

/// <summary>What the CUDA driver is told, in which order, by functions that take its place.</summary>
public sealed unsafe class CudaGraphsTests
{
    private const nint Stream = 7, Captured = 11, Executable = 13;

    private static readonly List<string> calls = [];
    private static readonly HashSet<string> failing = [];

    private readonly CudaGraphs graphs = new(new CudaDriver(Export), Stream, static () => calls.Add("bind"));

    public CudaGraphsTests()
    {
        calls.Clear();
        failing.Clear();
    }

    [Fact]
    public void Work_is_captured_once_and_launched_as_often_as_asked()
    {
        using (IRecordedLaunches launches = graphs.Record(static () => calls.Add("work")))
        {
            launches.Replay();
            launches.Replay();
        }
        Assert.Equal(["bind", "begin 7 relaxed", "work", "end 7", "instantiate 11", "destroy 11", "bind", "launch 13 on 7", "bind", "launch 13 on 7", "bind", "destroy executable 13"], calls);
    }

    [Fact]
    public void Work_that_throws_leaves_no_capture_behind()
    {
        Assert.Equal("no such shape", Assert.Throws<KernelException>(() => graphs.Record(static () => throw new KernelException("no such shape"))).Message);
        Assert.Equal(["bind", "begin 7 relaxed", "end 7", "destroy 11"], calls);
    }

    [Theory]
    [InlineData("begin", "cuStreamBeginCapture_v2 failed with status 900", "bind")]
    [InlineData("end", "cuStreamEndCapture failed with status 900", "bind, begin 7 relaxed, work")]
    [InlineData("instantiate", "cuGraphInstantiateWithFlags failed with status 900", "bind, begin 7 relaxed, work, end 7, destroy 11")]
    public void Every_failure_is_a_device_failure_that_frees_what_there_was(string call, string message, string done)
    {
        failing.Add(call);
        Assert.Equal(message, Assert.Throws<DeviceException>(() => graphs.Record(static () => calls.Add("work"))).Message);
        Assert.Equal(done, string.Join(", ", calls));
    }

    [Fact]
    public void Driver_without_graphs_says_so() =>
        Assert.Equal("the NVIDIA driver has no cuStreamBeginCapture_v2; update it", Assert.Throws<DeviceException>(() => new CudaGraphs(new CudaDriver(static _ => 0), Stream, static () => { }).Record(static () => { })).Message);

    private static nint Export(string name) => name switch
    {
        "cuStreamBeginCapture_v2" => (nint)(delegate* unmanaged<nint, int, int>)&Begin,
        "cuStreamEndCapture" => (nint)(delegate* unmanaged<nint, nint*, int>)&End,
        "cuGraphInstantiateWithFlags" => (nint)(delegate* unmanaged<nint*, nint, ulong, int>)&Instantiate,
        "cuGraphLaunch" => (nint)(delegate* unmanaged<nint, nint, int>)&Launch,
        "cuGraphDestroy" => (nint)(delegate* unmanaged<nint, int>)&Destroy,
        "cuGraphExecDestroy" => (nint)(delegate* unmanaged<nint, int>)&DestroyExecutable,
        _ => 0,
    };

    private static int Called(string name, string arguments)
    {
        if (failing.Contains(name))
            return 900;
        calls.Add($"{name} {arguments}");
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Begin(nint stream, int mode) => Called("begin", $"{stream} {(mode == 2 ? "relaxed" : mode)}");

    [UnmanagedCallersOnly]
    private static int End(nint stream, nint* graph)
    {
        *graph = failing.Contains("end") ? 0 : Captured;
        return Called("end", $"{stream}");
    }

    [UnmanagedCallersOnly]
    private static int Instantiate(nint* executable, nint graph, ulong flags)
    {
        *executable = Executable;
        return flags == 0 ? Called("instantiate", $"{graph}") : 1;
    }

    [UnmanagedCallersOnly]
    private static int Launch(nint executable, nint stream) => Called("launch", $"{executable} on {stream}");

    [UnmanagedCallersOnly]
    private static int Destroy(nint graph) => Called("destroy", $"{graph}");

    [UnmanagedCallersOnly]
    private static int DestroyExecutable(nint executable) => Called("destroy executable", $"{executable}");
}
