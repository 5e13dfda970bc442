using GpuCtr.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Tensors;

/// <summary>A named device buffer that a <see cref="Workspace"/> planned; it has storage once the workspace is allocated.</summary>
public class DeviceArray<T> where T : unmanaged
{
    private MemoryBuffer1D<T, Stride1D.Dense>? buffer;
    private ArrayView<T> view;
    private unsafe T* pointer;
    private Device? home;
    private DeviceArray<T>? lender;

    internal DeviceArray(string name, long length)
    {
        Name = name;
        Length = length;
    }

    /// <summary>Name in listings, errors and checkpoints.</summary>
    public string Name { get; }

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>Bytes of storage.</summary>
    public long Bytes => Length * Interop.SizeOf<T>();

    /// <summary>The storage as a kernel argument.</summary>
    /// <exception cref="ObjectDisposedException">Its workspace is disposed.</exception>
    public ArrayView<T> View => Lifetime is { HasEnded: true } ? throw Gone() : view;

    /// <summary>Address of the storage for SIMD variants; only meaningful on the CPU device.</summary>
    internal unsafe T* Pointer => Lifetime is { HasEnded: true } ? throw Gone() : pointer;

    /// <summary>Lifetime of the storage (that of its workspace); readers and writers enter it.</summary>
    internal Lifetime? Lifetime { get; set; }

    /// <summary>The storage as a span; only on the CPU device.</summary>
    internal Span<T> Span() => Span(0, Length);

    /// <summary>A part of the storage as a span; only on the CPU device.</summary>
    internal unsafe Span<T> Span(long offset, long count) => new(Pointer + offset, checked((int)count));

    /// <summary>Copies from the host, starting at element <paramref name="offset"/>; returns when the copy is done.</summary>
    /// <exception cref="ArgumentException">It has no storage on this device, or too little.</exception>
    /// <exception cref="ObjectDisposedException">Its workspace is disposed.</exception>
    public virtual void Write(Device device, ReadOnlySpan<T> source, long offset = 0)
    {
        if (source.IsEmpty)
            return;
        using Lifetime.Lease lease = Enter(device, offset, source.Length);
        if (device.UsesSimd)
        {
            source.CopyTo(Span(offset, source.Length));
            return;
        }
        view.SubView(offset, source.Length).CopyFromCPU(device.Stream, source);
        device.Synchronize();
    }

    /// <summary>Copies to the host, starting at element <paramref name="offset"/>; waits for all earlier work.</summary>
    /// <exception cref="ArgumentException">It has no storage on this device, or too little.</exception>
    /// <exception cref="ObjectDisposedException">Its workspace is disposed.</exception>
    public virtual void Read(Device device, Span<T> target, long offset = 0)
    {
        if (target.IsEmpty)
            return;
        using Lifetime.Lease lease = Enter(device, offset, target.Length);
        if (device.UsesSimd)
        {
            Span(offset, target.Length).CopyTo(target);
            return;
        }
        view.SubView(offset, target.Length).CopyToCPU(device.Stream, target);
        device.Synchronize();
    }

    /// <summary>All elements, on the host.</summary>
    public T[] ToArray(Device device)
    {
        T[] values = new T[Length];
        Read(device, values);
        return values;
    }

    /// <summary>Enters the lifetime and checks a range, for access from outside a pass.</summary>
    /// <exception cref="ArgumentException">It has no storage on this device, or too little.</exception>
    /// <exception cref="ObjectDisposedException">Its workspace is disposed.</exception>
    internal Lifetime.Lease Enter(Device device, long offset, long count)
    {
        Lifetime.Lease lease = Lifetime?.Enter() ?? default;
        if (home == device && offset >= 0 && count >= 0 && offset <= Length - count)
            return lease;
        lease.Dispose();
        throw home == device
            ? new ArgumentOutOfRangeException(nameof(offset), offset, $"{count} elements from here on are not within the {Length} of '{Name}'")
            : new ArgumentException($"'{Name}' has no storage on {device}", nameof(device));
    }

    /// <summary>Swaps the storage with <paramref name="other"/>; earlier bindings keep their storage.</summary>
    internal void Swap(DeviceArray<T> other) => (view, other.view) = (other.view, view);

    /// <summary>Makes this array use the storage of another one, which must live longer, instead of its own.</summary>
    internal void Borrow(DeviceArray<T> from) => lender = from;

    /// <param name="device">The device.</param>
    /// <param name="arena">The arena that it is part of; null = it has its own storage.</param>
    internal void Allocate(Device device, HostArena? arena)
    {
        if (lender is not null)
        {
            BindSlice(lender, 0, device);
            return;
        }
        if (arena is not null)
        {
            (ArrayView<T> part, nint address) = arena.Take<T>(Length);
            Bind(part, device, address);
            return;
        }
        buffer = device.Accelerator.Allocate1D<T>(Math.Max(1, Length));
        buffer.MemSetToZero(device.Stream);
        Bind(buffer.View.AsContiguous(), device, 0);
    }

    /// <summary>Makes this array a slice of another one.</summary>
    internal unsafe void BindSlice(DeviceArray<T> whole, long offset, Device device)
    {
        // Without training, gradients have no storage, and neither do their slices.
        if (whole.HasStorage)
            Bind(whole.View.SubView(offset, Math.Max(1, Length)), device, (nint)(whole.Pointer + offset));
        Lifetime ??= whole.Lifetime;
    }

    private bool HasStorage => view.Length > 0;

    private unsafe void Bind(ArrayView<T> storage, Device device, nint address)
    {
        (view, home) = (storage, device);
        pointer = device.Kind == DeviceKind.Cpu ? (T*)address : null;
    }

    /// <summary>Fills its own storage with 0xFF bytes.</summary>
    internal void Poison(Device device) => buffer?.MemSet(device.Stream, 0xFF);

    internal void Free() => buffer?.Dispose();

    private ObjectDisposedException Gone() => new(Name);
}
