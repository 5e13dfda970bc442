namespace GpuCtr.Kernels.Devices;

/// <summary>Which variant of an op to use if there are several.</summary>
public enum KernelChoice
{
    /// <summary>The fastest variant that the device supports.</summary>
    Auto,

    /// <summary>The portable kernels, the definition of correctness.</summary>
    Portable,

    /// <summary>The choice of Auto on a GPU: threads of a group share tiles in shared memory. On the CPU device it is slow and only for tests, with tensor cores simulated.</summary>
    Tiled,

    /// <summary>Tiled, with plain products by cuBLAS: the choice of Auto on CUDA if the library is available. Elsewhere a scalar stand-in, for tests.</summary>
    Library,
}
