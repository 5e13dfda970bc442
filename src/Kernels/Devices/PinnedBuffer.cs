using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Devices;

/// <summary>Host memory that a device copies from without staging (page-locked on CUDA, plain memory elsewhere).</summary>
public sealed class PinnedBuffer<T> : IDisposable where T : unmanaged
{
    private readonly PageLockedArray1D<T> array;

    /// <param name="device">The device that will copy from this buffer.</param>
    /// <param name="length">Number of elements; 0 is allowed.</param>
    public PinnedBuffer(Device device, long length)
    {
        array = device.Accelerator.AllocatePageLocked1D<T>(Math.Max(1, length));
        Length = length;
    }

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>The whole buffer as a span.</summary>
    public Span<T> Span => array.Span[..checked((int)Length)];

    /// <summary>Starts copying the first <paramref name="count"/> elements to element <paramref name="offset"/> of the target; done when <see cref="BatchCopies.End"/> returns.</summary>
    public void CopyTo(Device device, DeviceArray<T> target, long count, long offset = 0)
    {
        if (count == 0)
            return;
        if (device.UsesSimd)
        {
            Span[..checked((int)count)].CopyTo(target.Span(offset, count));
            return;
        }
        target.View.SubView(offset, count).CopyFrom(device.Copies!.Stream, array.ArrayView.SubView(0, count));
    }

    /// <inheritdoc/>
    public void Dispose() => array.Dispose();
}
