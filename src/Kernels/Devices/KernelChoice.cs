namespace GpuCtr.Kernels.Devices;

/// <summary>Which variant of an op to use if there are several.</summary>
public enum KernelChoice
{
    /// <summary>The fastest variant that the device supports.</summary>
    Auto,

    /// <summary>The portable kernels, the definition of correctness.</summary>
    Portable,

    /// <summary>The choice of Auto on a GPU: threads of a group share tiles in shared memory. Slow on the CPU device, where it exists for tests, with a stand-in for tensor cores.</summary>
    Tiled,

    /// <summary>Tiled, with plain products by cuBLAS: the choice of Auto on CUDA if the library is available. Elsewhere a scalar stand-in, for tests.</summary>
    Library,
}
