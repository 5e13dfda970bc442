namespace GpuCtr.Kernels.Devices;

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
