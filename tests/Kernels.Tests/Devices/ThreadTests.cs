using GpuCtr.Kernels.Devices;
using ILGPU.Runtime;
using Device = GpuCtr.Kernels.Devices.Device;

namespace GpuCtr.Kernels.Tests.Devices;

/// <summary>A device may be used from a thread that never used it before: drivers keep the current context by thread.</summary>
[Trait("Speed", "Fast")]
public sealed class ThreadTests
{
    [Fact]
    public void Pinned_memory_is_locked_on_a_thread_that_has_the_context()
    {
        using Device device = Device.Open("cpu", KernelChoice.Portable);
        Assert.Equal(device.Accelerator, OnNewThread(() =>
        {
            Assert.Null(Accelerator.Current);
            using PinnedBuffer<float> buffer = new(device, 4);
            return Accelerator.Current;
        }));
    }

    [Fact]
    public void Every_use_of_the_accelerator_has_its_context_current()
    {
        using Device device = Device.Open("cpu", KernelChoice.Portable), other = Device.Open("cpu", KernelChoice.Portable);
        Assert.Equal((device.Accelerator, other.Accelerator, device.Accelerator), OnNewThread(() => (Current(device), Current(other), Current(device))));
    }

    private static Accelerator? Current(Device device)
    {
        _ = device.Accelerator.Name;
        return Accelerator.Current;
    }

    private static T OnNewThread<T>(Func<T> work)
    {
        T result = default!;
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                result = work();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result : throw new InvalidOperationException("on the thread", failure);
    }
}
