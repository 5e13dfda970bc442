using GpuCtr.Kernels.Devices;

namespace GpuCtr.Kernels.Tensors;

/// <summary>
/// Plans and owns all device memory of a model. Everything is reserved first, so the plan can be shown and refused
/// before a byte is allocated; after <see cref="Allocate"/> nothing more is allocated. After disposal, memory is freed when its last user has left.
/// </summary>
public sealed class Workspace : IDisposable
{
    private readonly bool allocatesTraining;

    private readonly List<(string Name, long Bytes, Action Allocate, Action Poison, Action Free)> plan = [];

    // Holds all buffers on the CPU device. Other devices have one allocation per buffer, because drivers limit the size of an allocation.
    private HostArena? arena;
    private bool isAllocated;

    // The device stays open as long as there is memory on it.
    private Lifetime.Lease onDevice;

    /// <param name="device">The device that holds the memory.</param>
    /// <param name="training">False: buffers that only training needs are not allocated, unless kernels bind them (which SIMD variants do not).</param>
    /// <param name="owner">The object that an <see cref="ObjectDisposedException"/> names.</param>
    public Workspace(Device device, bool training = true, string owner = nameof(Workspace))
    {
        (Device, allocatesTraining) = (device, training || !device.UsesSimd);
        Lifetime = new Lifetime(owner, Free);
    }

    /// <summary>The device that holds the memory.</summary>
    public Device Device { get; }

    /// <summary>Lifetime of the memory; users of its arrays enter it.</summary>
    internal Lifetime Lifetime { get; }

    /// <summary>Every buffer by name with its size in bytes.</summary>
    public IEnumerable<(string Name, long Bytes)> Plan => plan.Select(p => (p.Name, p.Bytes));

    /// <summary>Bytes of all buffers.</summary>
    public long TotalBytes => plan.Sum(p => p.Bytes);

    /// <summary>Reserves a float matrix; with <paramref name="gradient"/> a second one for its gradient.</summary>
    public Tensor Tensor(string name, long rows, int columns, bool gradient = false, RowKind kind = default)
    {
        Tensor t = Reserve(new Tensor(name, rows, columns, kind));
        if (gradient)
            t.Gradient = TrainingTensor("d " + name, rows, columns, kind);
        return t;
    }

    /// <summary>Reserves a float matrix that only training needs.</summary>
    public Tensor TrainingTensor(string name, long rows, int columns, RowKind kind = default)
    {
        Tensor t = new(name, rows, columns, kind);
        return allocatesTraining ? Reserve(t) : t;
    }

    /// <summary>Reserves a plain buffer that only training needs.</summary>
    public DeviceArray<T> TrainingArray<T>(string name, long length) where T : unmanaged =>
        allocatesTraining ? Array<T>(name, length) : new DeviceArray<T>(name, length);

    /// <summary>Reserves a plain buffer.</summary>
    public DeviceArray<T> Array<T>(string name, long length) where T : unmanaged
    {
        DeviceArray<T> a = new(name, length) { Lifetime = Lifetime };
        plan.Add((name, a.Bytes, () => a.Allocate(Device, arena), () => a.Poison(Device), a.Free));
        return a;
    }

    /// <summary>Reserves a matrix that is the first rows of <paramref name="whole"/>, sharing its storage.</summary>
    public Tensor Slice(string name, Tensor whole, long rows, int columns)
    {
        Tensor slice = new(name, rows, columns) { Lifetime = Lifetime };
        plan.Add((name, 0, () => slice.BindSlice(whole, 0, Device), static () => { }, static () => { }));
        return slice;
    }

    /// <summary>Adds a step to the allocation, run in the order of reservation.</summary>
    internal void OnAllocate(Action action) => plan.Add(("", 0, action, static () => { }, static () => { }));

    /// <summary>Adds a step to the freeing, run in the reverse order of reservation.</summary>
    internal void OnFree(Action action) => plan.Add(("", 0, static () => { }, static () => { }, action));

    /// <summary>Allocates everything reserved so far, filled with zeros.</summary>
    /// <exception cref="DeviceException">The device has too little memory.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed, or this is.</exception>
    /// <exception cref="InvalidOperationException">It was called before.</exception>
    public void Allocate()
    {
        using Lifetime.Lease lease = Lifetime.Enter();
        if (isAllocated)
            throw new InvalidOperationException("a workspace is allocated once");
        onDevice = Device.Lifetime.Enter();
        isAllocated = true;
        try
        {
            arena = Device.Kind == DeviceKind.Cpu ? new HostArena(Device, plan.Sum(p => HostArena.Room(p.Bytes))) : null;
            foreach (var p in plan)
                p.Allocate();
            Device.Wait();
        }
        catch (Exception e) when (e is not KernelException)
        {
            throw new DeviceException($"{Device} could not allocate {TotalBytes / 1e6:F0} MB: {e.Message}", e);
        }
    }

    /// <summary>Fills every buffer with 0xFF bytes (NaN as float, −1 as integer), so that reads of unwritten memory are detected.</summary>
    internal void Poison()
    {
        arena?.Poison();
        foreach (var p in plan)
            p.Poison();
        Device.Wait();
    }

    /// <inheritdoc/>
    public void Dispose() => Lifetime.Close();

    private void Free()
    {
        foreach (var p in Enumerable.Reverse(plan))
            Device.Release(p.Free);
        arena?.Dispose();
        onDevice.Dispose();
    }

    private Tensor Reserve(Tensor t)
    {
        t.Lifetime = Lifetime;
        plan.Add((t.Name, t.Bytes, () => t.Allocate(Device, arena), () => t.Poison(Device), t.Free));
        return t;
    }
}
