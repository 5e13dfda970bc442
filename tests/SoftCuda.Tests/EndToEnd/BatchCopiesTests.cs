using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.SoftCuda.Tests.Driver;
using Device = GpuCtr.Kernels.Devices.Device;

namespace GpuCtr.SoftCuda.Tests.EndToEnd;

/// <summary>Batches that are copied while steps before them wait on the device, from a host buffer that is written again at once.</summary>
[Collection(Cuda.Collection)]
[Trait("Speed", "Fast")]
public sealed class BatchCopiesTests
{
    private const int Length = 64, Steps = 12;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Every_step_reads_its_own_batch_whatever_the_order_of_the_streams(int seed)
    {
        Machine machine = Machine.Install(new(Capability.Of("9.0"), seed));
        using (Device device = Device.Open("cuda", KernelChoice.Tiled))
            await Check(device, static steps =>
            {
                steps();
                return Task.CompletedTask;
            });
        Assert.Empty(machine.Findings.All);
    }

    [Fact]
    public async Task Steps_run_on_a_thread_that_never_called_the_driver()
    {
        Machine machine = Machine.Install(new(Capability.Of("9.0")));
        using (Device device = Device.Open("cuda", KernelChoice.Tiled))
            await Check(device, static steps => Task.Factory.StartNew(steps, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        Assert.Empty(machine.Findings.All);
    }

    /// <summary>Doubles batches of 1, 2, 3 … one after the other, and waits for none of them before the last.</summary>
    private static async Task Check(Device device, Func<Action, Task> run)
    {
        using Workspace memory = new(device);
        DeviceArray<float>[] inputs = [memory.Array<float>("inputs", Length), memory.Array<float>("other inputs", Length)];
        DeviceArray<float> results = memory.Array<float>("results", Steps * Length);
        memory.Allocate();
        device.Synchronize();
        using PinnedBuffer<float> slot = new(device, Length);
        Kernel<DeviceTests.ScaleArgs> scale = new(device, DeviceTests.Scale);
        await run(() =>
        {
            for (int step = 0; step < Steps; step++)
            {
                slot.Span.Fill(step + 1);
                device.Copies!.Begin();
                slot.CopyTo(device, inputs[step % 2], Length);
                device.Copies.End();
                scale.Run(Length, new() { Y = results.View.SubView(step * Length, Length), X = inputs[step % 2].View, Factor = 2 });
                device.Copies.Read();
            }
        });
        Assert.Equal(Enumerable.Range(1, Steps).SelectMany(step => Enumerable.Repeat(2f * step, Length)), results.ToArray(device));
    }
}
