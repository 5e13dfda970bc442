using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Devices;

/// <summary>Copies from host buffers whose lengths differ from those of the targets.</summary>
public sealed class PinnedBufferTests
{
    public static TheoryData<string> Devices => new(TestDevices.Names);

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void A_part_of_a_buffer_arrives_where_it_is_sent(string name)
    {
        Device device = TestDevices.Get(name);
        foreach ((int host, int there, int count, int offset) in new[] { (9, 9, 9, 0), (3, 9, 3, 4), (100, 9, 9, 0), (100_000, 9, 4, 5), (100_000, 1, 1, 0), (7, 70_000, 2, 69_998), (5, 5, 0, 5) })
        {
            using Workspace workspace = new(device, training: false, nameof(PinnedBufferTests));
            DeviceArray<int> target = workspace.Array<int>("target", there);
            workspace.Allocate();
            target.Write(device, Enumerable.Repeat(-1, there).ToArray());
            using PinnedBuffer<int> buffer = new(device, host);
            for (int i = 0; i < host; i++)
                buffer.Span[i] = i + 1;
            device.Copies?.Begin();
            buffer.CopyTo(device, target, count, offset);
            device.Copies?.End();
            device.Copies?.Read();
            Assert.Equal(Enumerable.Range(0, there).Select(i => i >= offset && i < offset + count ? i - offset + 1 : -1), target.ToArray(device));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void More_than_there_is_is_refused(string name)
    {
        Device device = TestDevices.Get(name);
        using Workspace workspace = new(device, training: false, nameof(PinnedBufferTests));
        DeviceArray<int> target = workspace.Array<int>("target", 5);
        workspace.Allocate();
        using PinnedBuffer<int> buffer = new(device, 4);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.CopyTo(device, target, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.CopyTo(device, target, 3, offset: 3));
    }
}
