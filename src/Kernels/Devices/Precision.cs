namespace GpuCtr.Kernels.Devices;

/// <summary>In what the factors of matrix products are multiplied. Everything is stored and summed in float32 either way.</summary>
public enum Precision
{
    /// <summary>float32, 23 bits behind the point.</summary>
    Fp32,

    /// <summary>Rounded to 10 bits behind the point, for the tensor cores of NVIDIA GPUs of compute capability 8.0 and up.</summary>
    Tf32,
}
