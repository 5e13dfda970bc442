using GpuCtr.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime.CPU;

namespace GpuCtr.Kernels.Tests.Devices;

/// <summary>The driver calls when batches are copied during the previous step: each copy waits for the step that read the same buffer.</summary>
[Trait("Speed", "Fast")]
public sealed class BatchCopiesTests : IDisposable
{
    private const nint CopyStream = 5, ComputeStream = 7;

    private readonly Context context = Context.Create(b => b.CPU());
    private readonly CPUAccelerator accelerator;

    public BatchCopiesTests() => accelerator = context.CreateCPUAccelerator(0);

    [Fact]
    public void Copy_waits_for_the_step_before_the_last()
    {
        using (BatchCopies copies = new(FakeCuda.Driver(), accelerator.DefaultStream, CopyStream, ComputeStream))
            for (int step = 0; step < 3; step++)
            {
                copies.Begin();
                copies.End();
                copies.Read();
            }
        Assert.Equal(
            [
                "create event 21 without timing", "create event 22 without timing",
                "wait 5 for 22", "record 22 on 7", "wait 5 for 21", "record 21 on 7", "wait 5 for 22", "record 22 on 7",
                "destroy event 21", "destroy event 22",
            ],
            FakeCuda.Calls);
    }

    [Theory]
    [InlineData("create event", "cuEventCreate")]
    [InlineData("wait", "cuStreamWaitEvent")]
    [InlineData("record", "cuEventRecord")]
    public void Call_that_fails_is_named(string call, string function)
    {
        CudaDriver driver = FakeCuda.Driver();
        FakeCuda.Failing.Add(call);
        Assert.Equal($"{function} failed: CUDA error 900", Assert.Throws<DeviceException>(() =>
        {
            BatchCopies copies = new(driver, accelerator.DefaultStream, CopyStream, ComputeStream);
            copies.Begin();
            copies.Read();
        }).Message);
    }

    [Fact]
    public void Copies_in_turn_take_no_event()
    {
        CudaDriver driver = FakeCuda.Driver("cuEventCreate");
        Assert.Equal("the NVIDIA driver has no cuEventCreate; update it", driver.LacksEvents);
        using BatchCopies copies = new(accelerator.DefaultStream);
        copies.Begin();
        copies.End();
        copies.Read();
        Assert.Empty(FakeCuda.Calls);
    }

    [Theory]
    [InlineData("cuEventCreate")]
    [InlineData("cuEventRecord")]
    [InlineData("cuStreamWaitEvent")]
    [InlineData("cuEventDestroy_v2")]
    public void A_driver_without_a_function_for_events_is_detected_before_an_event_is_created(string function)
    {
        Assert.Equal($"the NVIDIA driver has no {function}; update it", FakeCuda.Driver(function).LacksEvents);
        Assert.Null(FakeCuda.Driver().LacksEvents);
        Assert.Empty(FakeCuda.Calls);
    }

    public void Dispose()
    {
        accelerator.Dispose();
        context.Dispose();
    }
}
