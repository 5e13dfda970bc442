namespace GpuCtr.Kernels.Devices;

/// <summary>Which kind of accelerator a <see cref="Device"/> is.</summary>
public enum DeviceKind
{
    /// <summary>The processor: ILGPU's CPU accelerator for memory and portable kernels, SIMD variants for the heavy work.</summary>
    Cpu,

    /// <summary>Any OpenCL device.</summary>
    OpenCl,

    /// <summary>An NVIDIA GPU.</summary>
    Cuda,
}
