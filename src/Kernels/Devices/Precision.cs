namespace GpuCtr.Kernels.Devices;

/// <summary>Precision of the factors of matrix products. Everything is stored and summed in float32 in any case.</summary>
public enum Precision
{
    /// <summary>float32, 23 fraction bits.</summary>
    Fp32,

    /// <summary>Rounded to 10 fraction bits, for the tensor cores of NVIDIA GPUs of compute capability 8.0 and up.</summary>
    Tf32,

    /// <summary>Rounded to 7 fraction bits, for the same tensor cores, which multiply twice as many of them per instruction.</summary>
    Bf16,
}

/// <summary>Properties of a <see cref="Precision"/>.</summary>
public static class Precisions
{
    /// <summary>Name for <c>--precision</c>: fp32, tf32, bf16.</summary>
    public static string Name(this Precision precision) => precision.ToString().ToLowerInvariant();

    /// <summary>Whether products run on tensor cores, with rounded factors.</summary>
    public static bool OnTensorCores(this Precision precision) => precision != Precision.Fp32;

    /// <summary>Largest relative rounding error of a factor: half a unit in the last place. 0 if factors are not rounded.</summary>
    public static double Rounding(this Precision precision) => precision switch
    {
        Precision.Tf32 => 1.0 / (1 << 11),
        Precision.Bf16 => 1.0 / (1 << 8),
        _ => 0,
    };
}
