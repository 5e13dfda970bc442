using System.Reflection;
using ILGPU;

namespace GpuCtr.Kernels.Devices;

/// <summary>The launcher of a kernel, which is compiled at its first launch, once for all ops of the device.</summary>
/// <param name="device">The device.</param>
/// <param name="method">A static method that takes one structure without references.</param>
internal sealed class Kernel<TArgs>(Device device, Action<TArgs> method) where TArgs : struct
{
    private Action<KernelConfig, TArgs>? launcher;

    /// <summary>Launches a grid-stride kernel over a number of work items.</summary>
    public void Run(long items, in TArgs args) => Run(device.Grid(items), args);

    /// <summary>Launches a kernel with an explicit number of groups.</summary>
    public void Run(KernelConfig groups, in TArgs args) => (launcher ??= device.Load(method))(groups, args);
}

/// <summary>Special requirements of a kernel.</summary>
/// <param name="threads">Threads of its groups.</param>
/// <param name="architecture">Lowest compute capability on NVIDIA GPUs, 80 for 8.0.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class KernelNeedsAttribute(int threads, int architecture) : Attribute
{
    /// <summary>Threads of its groups.</summary>
    public int Threads => threads;

    /// <summary>Lowest compute capability on NVIDIA GPUs, 80 for 8.0.</summary>
    public int Architecture => architecture;
}

/// <summary>A loaded kernel, the threads of its groups on a GPU, and the lowest NVIDIA architecture that it runs on.</summary>
internal readonly record struct LoadedKernel(MethodInfo Method, int GroupSize, int LeastArchitecture)
{
    public static LoadedKernel Of(MethodInfo method)
    {
        KernelNeedsAttribute? needs = method.GetCustomAttribute<KernelNeedsAttribute>();
        return new(method, needs?.Threads ?? Device.GroupThreads, needs?.Architecture ?? 0);
    }
}
