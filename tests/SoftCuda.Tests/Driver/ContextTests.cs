namespace GpuCtr.SoftCuda.Tests.Driver;

/// <summary>Contexts: current on a thread, or not; destroyed, or not.</summary>
[Collection(Cuda.Collection)]
[Trait("Speed", "Fast")]
public sealed class ContextTests
{
    [Fact]
    public void Call_without_a_context_is_refused_with_201_on_every_thread_that_has_none()
    {
        using Cuda cuda = new();
        _ = Cuda.Allocate(16);
        cuda.Clean();
        CudaResult elsewhere = default;
        Thread thread = new(() => elsewhere = Cuda.Fill(0, 0, 0));
        thread.Start();
        thread.Join();
        cuda.Refused(CudaResult.InvalidContext, "no context is current on this thread", elsewhere);
    }

    [Fact]
    public void Context_that_is_set_on_a_thread_serves_it()
    {
        using Cuda cuda = new();
        CudaResult elsewhere = default;
        Thread thread = new(() =>
        {
            Cuda.Ok(Cuda.Call("cuCtxSetCurrent", cuda.Context));
            elsewhere = Cuda.Fill(Cuda.Allocate(16), 1, 16);
        });
        thread.Start();
        thread.Join();
        Cuda.Ok(elsewhere);
        Assert.Equal(cuda.Context, Cuda.Out("cuCtxGetCurrent"));
        cuda.Clean();
    }

    [Fact]
    public void Destroyed_context_is_no_context_where_it_was_current_and_cannot_be_set_again()
    {
        using Cuda cuda = new();
        Cuda.Ok(Cuda.Call("cuCtxDestroy_v2", cuda.Context));
        Assert.Equal(0, Cuda.Out("cuCtxGetCurrent"));
        cuda.Clean();
        cuda.Refused(CudaResult.InvalidContext, "no Context that lives", Cuda.Call("cuCtxSetCurrent", cuda.Context));
    }

    [Fact]
    public void Context_that_another_thread_destroyed_is_told_as_destroyed()
    {
        using Cuda cuda = new();
        Thread thread = new(() => Cuda.Ok(Cuda.Call("cuCtxDestroy_v2", cuda.Context)));
        thread.Start();
        thread.Join();
        cuda.Refused(CudaResult.ContextIsDestroyed, "was destroyed", Cuda.Synchronize());
    }

    [Fact]
    public void Stream_of_another_context_is_refused()
    {
        using Cuda cuda = new();
        nint stream = Cuda.NewStream();
        _ = Cuda.Out("cuCtxCreate_v2", 0, 0);
        cuda.Refused(CudaResult.InvalidHandle, "belongs to a context that is not current", Cuda.Synchronize(stream));
    }

    [Fact]
    public void Memory_of_a_context_goes_with_it()
    {
        using Cuda cuda = new();
        nint buffer = Cuda.Allocate(1000);
        Assert.Equal(1000, cuda.Machine.Memory.Used);
        Cuda.Ok(Cuda.Call("cuCtxDestroy_v2", cuda.Context));
        Assert.Equal(0, cuda.Machine.Memory.Used);
        _ = Cuda.Out("cuCtxCreate_v2", 0, 0);
        cuda.Refused(CudaResult.InvalidValue, "freed", Cuda.Fill(buffer, 0, 1000));
    }

    [Fact]
    public void Device_is_the_one_that_was_asked_for()
    {
        using Cuda cuda = new(capability: "8.0");
        Assert.Equal(8, Cuda.Out("cuDeviceGetAttribute", 75) & 0xFF);
        Assert.Equal(108, Cuda.Out("cuDeviceGetAttribute", 16));
        Assert.Equal(CudaResult.InvalidDevice, Cuda.Call("cuCtxCreate_v2", Cuda.Out("cuCtxGetCurrent"), 0, 1));
        Assert.Single(cuda.Findings);
    }

    [Fact]
    public void Function_that_the_machine_does_not_have_is_a_finding_of_its_name()
    {
        using Cuda cuda = new();
        Assert.Equal(CudaResult.NotSupported, Cuda.Call("cuCtxEnablePeerAccess", cuda.Context));
        Assert.Equal("cuCtxEnablePeerAccess", Assert.Single(cuda.Findings).Where);
    }
}
