using GpuCtr.Kernels.Devices;

namespace GpuCtr.Kernels.Tests.Devices;

/// <summary>The driver calls for graphs, and their order.</summary>
[Trait("Speed", "Fast")]
public sealed class CudaGraphsTests
{
    private const nint Stream = 7;

    private readonly CudaGraphs graphs = new(FakeCuda.Driver(), Stream);

    [Fact]
    public void Work_is_captured_once_and_launched_as_often_as_asked()
    {
        using (IRecordedLaunches launches = graphs.Record(Work))
        {
            launches.Launch();
            launches.Launch();
        }
        Assert.Equal(["begin 7 relaxed", "work", "end 7", "instantiate 11", "destroy 11", "launch 13 on 7", "launch 13 on 7", "destroy executable 13"], FakeCuda.Calls);
    }

    [Fact]
    public void Work_that_throws_leaves_no_capture_behind()
    {
        Assert.Equal("no such shape", Assert.Throws<KernelException>(() => graphs.Record(static () => throw new KernelException("no such shape"))).Message);
        Assert.Equal(["begin 7 relaxed", "end 7", "destroy 11"], FakeCuda.Calls);
    }

    [Theory]
    [InlineData("begin", "cuStreamBeginCapture_v2 failed: CUDA error 900", "")]
    [InlineData("end", "cuStreamEndCapture failed: CUDA error 900", "begin 7 relaxed, work")]
    [InlineData("instantiate", "cuGraphInstantiateWithFlags failed: CUDA error 900", "begin 7 relaxed, work, end 7, destroy 11")]
    public void Every_failure_is_a_device_exception_and_frees_what_was_allocated(string call, string message, string done)
    {
        FakeCuda.Failing.Add(call);
        Assert.Equal(message, Assert.Throws<DeviceException>(() => graphs.Record(Work)).Message);
        Assert.Equal(done, string.Join(", ", FakeCuda.Calls));
    }

    [Theory]
    [InlineData("cuStreamBeginCapture_v2")]
    [InlineData("cuStreamEndCapture")]
    [InlineData("cuGraphInstantiateWithFlags")]
    [InlineData("cuGraphLaunch")]
    [InlineData("cuGraphDestroy")]
    [InlineData("cuGraphExecDestroy")]
    public void Driver_that_lacks_a_function_of_graphs_launches_one_by_one_and_says_why(string function)
    {
        (ILaunchRecorder? recorder, string? refusal) = CudaGraphs.Open(FakeCuda.Driver(function), Stream);
        Assert.Null(recorder);
        Assert.Equal($"the NVIDIA driver has no {function}; update it", refusal);
        Assert.Empty(FakeCuda.Calls);
    }

    [Fact]
    public void Driver_that_has_all_functions_records()
    {
        (ILaunchRecorder? recorder, string? refusal) = CudaGraphs.Open(FakeCuda.Driver(), Stream);
        Assert.NotNull(recorder);
        Assert.Null(refusal);
    }

    [Fact]
    public void Calling_a_function_that_the_driver_lacks_names_it() =>
        Assert.Equal("the NVIDIA driver has no cuGraphLaunch; update it", Assert.Throws<DeviceException>(() => FakeCuda.Driver("cuGraphLaunch").Launch(1, 2)).Message);

    private static void Work() => FakeCuda.Calls.Add("work");
}
