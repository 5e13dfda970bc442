using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Ranks;

/// <summary>Device memory as collectives read and write it: itself on the CPU, else a copy on the host, one at a time.</summary>
internal sealed class HostView(Device device)
{
    private float[] copy = [];

    /// <summary>Elements to read, when everything launched before has run.</summary>
    public Span<float> Read(DeviceArray<float> from, long first, int count)
    {
        device.Wait();
        Span<float> values = Room(from, first, count);
        if (device.Kind != DeviceKind.Cpu)
            from.Read(device, values, first);
        return values;
    }

    /// <summary>Elements to fill, and then to <see cref="Write"/>.</summary>
    public Span<float> Room(DeviceArray<float> at, long first, int count)
    {
        if (device.Kind == DeviceKind.Cpu)
            return at.Span(first, count);
        if (copy.Length < count)
            copy = GC.AllocateUninitializedArray<float>(count);
        return copy.AsSpan(0, count);
    }

    /// <summary>Brings what <see cref="Room"/> or <see cref="Read"/> gave, and was changed, to the device.</summary>
    public void Write(DeviceArray<float> to, long first, ReadOnlySpan<float> values)
    {
        if (device.Kind != DeviceKind.Cpu)
            to.Write(device, values, first);
    }

    /// <summary>Replaces elements by their sums over all ranks.</summary>
    public void AllReduceSum(DeviceArray<float> array, long first, int count)
    {
        Span<float> values = Read(array, first, count);
        device.Ranks.AllReduceSum(values);
        Write(array, first, values);
    }
}
