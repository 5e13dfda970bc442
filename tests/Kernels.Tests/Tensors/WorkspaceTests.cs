using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Tensors;

/// <summary>Buffers of one workspace: zero, apart from one another, and on the CPU device on cache lines.</summary>
public sealed class WorkspaceTests
{
    private static readonly long[] lengths = [0, 1, 3, 16, 1000, 4096, 600_001];

    public static TheoryData<string> Devices => TestDevices.All;

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void Buffers_start_as_zeros_and_do_not_overlap(string deviceName)
    {
        Device device = TestDevices.Get(deviceName);
        using Workspace workspace = new(device);
        Tensor[] tensors = [.. lengths.Select((length, i) => workspace.Tensor($"t{i}", length, 1))];
        workspace.Allocate();
        Assert.All(tensors, t => Assert.All(t.ToArray(device), x => Assert.Equal(0, x)));
        for (int i = 0; i < tensors.Length; i++)
            tensors[i].Write(device, Enumerable.Repeat(i + 1f, (int)tensors[i].Length).ToArray());
        for (int i = 0; i < tensors.Length; i++)
            Assert.All(tensors[i].ToArray(device), x => Assert.Equal(i + 1, x));
    }

    [Fact]
    public unsafe void Buffers_of_the_cpu_device_begin_on_a_cache_line()
    {
        using Workspace workspace = new(TestDevices.Get("cpu simd"));
        DeviceArray<byte>[] bytes = [.. lengths.Select((length, i) => workspace.Array<byte>($"b{i}", length))];
        DeviceArray<double>[] doubles = [.. lengths.Select((length, i) => workspace.Array<double>($"d{i}", length))];
        workspace.Allocate();
        Assert.All(bytes, b => Assert.Equal(0, (nint)b.Pointer % 64));
        Assert.All(doubles, d => Assert.Equal(0, (nint)d.Pointer % 64));
    }

    [Fact]
    public void Buffers_of_the_cpu_device_fit_their_memory_however_many_are_empty()
    {
        using Workspace workspace = new(TestDevices.Get("cpu simd"));
        for (int i = 0; i < 40_000; i++)
            workspace.Array<float>($"e{i}", 0);
        DeviceArray<float> last = workspace.Array<float>("last", 16);
        workspace.Allocate();
        last.Write(workspace.Device, Enumerable.Repeat(1f, 16).ToArray());
        Assert.All(last.ToArray(workspace.Device), x => Assert.Equal(1, x));
    }
}
