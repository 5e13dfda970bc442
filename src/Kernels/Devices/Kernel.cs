using ILGPU;

namespace GpuCtr.Kernels.Devices;

/// <summary>A kernel as its op launches it: compiled at its first launch, once for all ops of the device.</summary>
/// <param name="device">Where it runs.</param>
/// <param name="method">A static method; what it takes is one structure without references.</param>
internal sealed class Kernel<TArgs>(Device device, Action<TArgs> method) where TArgs : struct
{
    private Action<KernelConfig, TArgs>? launcher;

    /// <summary>Starts a grid-stride kernel over so many work items.</summary>
    public void Run(long items, in TArgs args) => Run(device.Grid(items), args);

    /// <summary>Starts a kernel in groups of its own.</summary>
    public void Run(KernelConfig groups, in TArgs args) => (launcher ??= device.Load(method))(groups, args);
}

/// <summary>What a kernel needs that others do not.</summary>
/// <param name="threads">Threads of its groups.</param>
/// <param name="architecture">Least compute capability on NVIDIA GPUs, 80 for 8.0.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class KernelNeedsAttribute(int threads, int architecture) : Attribute
{
    /// <summary>Threads of its groups.</summary>
    public int Threads => threads;

    /// <summary>Least compute capability on NVIDIA GPUs, 80 for 8.0.</summary>
    public int Architecture => architecture;
}
