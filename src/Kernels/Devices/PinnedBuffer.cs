using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Devices;

/// <summary>Host memory that a device copies from without staging (page-locked on CUDA, plain memory elsewhere).</summary>
public sealed class PinnedBuffer<T> : IDisposable where T : unmanaged
{
    private readonly PageLockedArray1D<T>? locked;
    private readonly T[]? plain;
    private readonly Lifetime lifetime;

    /// <param name="device">The device that will copy from this buffer.</param>
    /// <param name="length">Number of elements; 0 is allowed.</param>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    public PinnedBuffer(Device device, long length)
    {
        using Lifetime.Lease lease = device.Lifetime.Enter();
        if (device.UsesSimd)
            plain = GC.AllocateArray<T>(checked((int)length), pinned: true);
        else
            locked = device.Accelerator.AllocatePageLocked1D<T>(Math.Max(1, length));
        lifetime = new Lifetime(nameof(PinnedBuffer<T>), () => device.Release(() => locked?.Dispose()));
        Length = length;
    }

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>The whole buffer as a span, which may be kept: the memory is on the managed heap.</summary>
    public Span<T> Span => plain ?? locked!.Span[..checked((int)Length)];

    /// <summary>Starts copying the first <paramref name="count"/> elements to element <paramref name="offset"/> of the target; done when <see cref="BatchCopies.End"/> returns.</summary>
    /// <exception cref="ArgumentOutOfRangeException">This buffer or the target has too few elements.</exception>
    /// <exception cref="ObjectDisposedException">This buffer or the target is disposed.</exception>
    public void CopyTo(Device device, DeviceArray<T> target, long count, long offset = 0)
    {
        using Lifetime.Lease lease = target.Enter(device, offset, count);
        Copy(device, target, count, offset);
    }

    /// <summary>The same for a caller that has entered the target.</summary>
    /// <param name="device">The device.</param>
    /// <param name="target">Where to.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="offset">The first element of the target.</param>
    /// <param name="from">The first element of this buffer.</param>
    internal ReadOnlySpan<T> Copy(Device device, DeviceArray<T> target, long count, long offset = 0, int from = 0)
    {
        Span<T> source = Span.Slice(from, checked((int)count));
        if (source.IsEmpty)
            return source;
        if (device.UsesSimd)
        {
            Span<T> there = target.Span(offset, count);
            source.CopyTo(there);
            return there;
        }
        using Lifetime.Lease lease = lifetime.Enter();
        ArrayView<T> part = target.View.SubView(offset, count);
        // On OpenCL the memory is not page-locked, and ILGPU 1.5.3 fails to copy a part of such an array.
        if (device.Kind == DeviceKind.OpenCl)
            part.CopyFromCPU(device.Copies!.Stream, source);
        else
            part.CopyFrom(device.Copies!.Stream, locked!.ArrayView.SubView(from, count));
        return source;
    }

    /// <inheritdoc/>
    public void Dispose() => lifetime.Close();
}
