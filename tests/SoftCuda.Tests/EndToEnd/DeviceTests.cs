using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.SoftCuda.Tests.Driver;
using ILGPU;
using ILGPU.Runtime;
using Device = GpuCtr.Kernels.Devices.Device;

namespace GpuCtr.SoftCuda.Tests.EndToEnd;

/// <summary>The project's devices, through ILGPU, on the machine.</summary>
[Collection(Cuda.Collection)]
[Trait("Speed", "Fast")]
public sealed class DeviceTests
{
    /// <summary>Arguments of <see cref="Scale"/>.</summary>
    public struct ScaleArgs
    {
        /// <summary>y (N).</summary>
        public ArrayView<float> Y;

        /// <summary>x (N).</summary>
        public ArrayView<float> X;

        /// <summary>Factor.</summary>
        public float Factor;
    }

    /// <summary>y = factor · x, from the index that the thread has on.</summary>
    internal static void Scale(ScaleArgs a)
    {
        for (long i = Grid.GlobalLinearIndex; i < a.Y.Length; i += GridLoop.Stride)
            a.Y[i] = a.Factor * a.X[i];
    }

    [Theory]
    [InlineData("7.0")]
    [InlineData("8.0")]
    [InlineData("9.0")]
    [InlineData("12.0")]
    public void Kernel_computes_what_its_source_says_and_nothing_stays_behind(string capability)
    {
        Machine machine = Machine.Install(new(Capability.Of(capability)));
        using (Device device = Open())
        {
            Assert.Equal($"{Capability.Of(capability).Name}", device.Name);
            using Workspace memory = new(device);
            (DeviceArray<float> x, DeviceArray<float> y) = (memory.Array<float>("x", 1000), memory.Array<float>("y", 1000));
            memory.Allocate();
            float[] values = [.. Enumerable.Range(0, 1000).Select(i => i * 0.25f)];
            x.Write(device, values);
            new Kernel<ScaleArgs>(device, Scale).Run(1000, new() { Y = y.View, X = x.View, Factor = 3 });
            Assert.Equal(values.Select(v => 3 * v), y.ToArray(device));
        }
        Assert.Empty(machine.Findings.All);
        Assert.Equal(0, machine.Memory.Used);
    }

    [Fact]
    public void Page_locked_buffers_are_copied_beside_the_kernels()
    {
        Machine machine = Machine.Install(new(Capability.Of("9.0"), Seed: 5));
        using (Device device = Open())
        {
            using Workspace memory = new(device);
            DeviceArray<float> x = memory.Array<float>("x", 64), y = memory.Array<float>("y", 64);
            memory.Allocate();
            using PinnedBuffer<float> slot = new(device, 64);
            Kernel<ScaleArgs> scale = new(device, Scale);
            for (int step = 1; step < 8; step++)
            {
                slot.Span.Fill(step);
                device.Copies!.Begin();
                slot.CopyTo(device, x, 64);
                device.Copies.End();
                scale.Run(64, new() { Y = y.View, X = x.View, Factor = 2 });
                device.Copies.Read();
                Assert.Equal(Enumerable.Repeat(2f * step, 64), y.ToArray(device));
            }
        }
        Assert.Empty(machine.Findings.All);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Copy_that_does_not_wait_for_the_kernel_that_reads_its_buffer_is_a_race_with_every_seed(int seed)
    {
        Machine machine = Machine.Install(new(Capability.Of("9.0"), seed));
        using (Device device = Open())
        {
            using Workspace memory = new(device);
            DeviceArray<float> x = memory.Array<float>("x", 64), y = memory.Array<float>("y", 64);
            memory.Allocate();
            device.Synchronize();
            using PinnedBuffer<float> slot = new(device, 64);
            new Kernel<ScaleArgs>(device, Scale).Run(64, new() { Y = y.View, X = x.View, Factor = 2 });
            slot.CopyTo(device, x, 64);
            device.Copies!.End();
            device.Synchronize();
        }
        Finding found = Assert.Single(machine.Findings.All);
        Assert.Equal(Check.Race, found.Check);
        Assert.Contains(nameof(Scale), found.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Graph_replays_launches_with_their_arguments_and_counts_as_one()
    {
        Machine machine = Machine.Install(new(Capability.Of("9.0")));
        List<Launched> launches = [];
        machine.Launch += launches.Add;
        using (Device device = Open())
        {
            using Workspace memory = new(device);
            DeviceArray<float> x = memory.Array<float>("x", 64), y = memory.Array<float>("y", 64);
            memory.Allocate();
            Kernel<ScaleArgs> scale = new(device, Scale);
            x.Write(device, Enumerable.Repeat(1f, 64).ToArray());
            // Compiled before it is captured.
            scale.Run(64, new() { Y = y.View, X = x.View, Factor = 2 });
            using IRecordedLaunches graph = device.Recorder!.Record(() =>
            {
                scale.Run(64, new() { Y = y.View, X = x.View, Factor = 3 });
                scale.Run(64, new() { Y = x.View, X = y.View, Factor = 1 });
            });
            graph.Launch();
            graph.Launch();
            Assert.Equal(Enumerable.Repeat(9f, 64), y.ToArray(device));
        }
        Assert.Equal([false, true, true, true, true], launches.Select(l => l.InGraph));
        Assert.All(launches, l => Assert.Equal(64, l.Launch.Block.Count));
        Assert.Empty(machine.Findings.All);
    }

    [Fact]
    public void Graph_whose_buffer_was_freed_is_found_when_it_is_launched()
    {
        Machine machine = Machine.Install(new(Capability.Of("9.0")));
        using Device device = Open();
        Workspace memory = new(device);
        DeviceArray<float> x = memory.Array<float>("x", 64), y = memory.Array<float>("y", 64);
        memory.Allocate();
        Kernel<ScaleArgs> scale = new(device, Scale);
        scale.Run(64, new() { Y = y.View, X = x.View, Factor = 2 });
        IRecordedLaunches graph = device.Recorder!.Record(() => scale.Run(64, new() { Y = y.View, X = x.View, Factor = 3 }));
        memory.Dispose();
        graph.Launch();
        Assert.All(machine.Findings.All, f => Assert.Equal((Check.Stale, "cuGraphLaunch"), (f.Check, f.Where)));
        Assert.Equal(2, machine.Findings.All.Count);
        Assert.Contains("illegal memory access", Assert.Throws<DeviceException>(device.Synchronize).Message, StringComparison.Ordinal);
    }

    private static Device Open() => Device.Open("cuda", KernelChoice.Tiled);
}
