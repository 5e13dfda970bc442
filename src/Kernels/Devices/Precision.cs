namespace GpuCtr.Kernels.Devices;

/// <summary>In what the factors of matrix products are multiplied. Everything is stored and summed in float32 either way.</summary>
public enum Precision
{
    /// <summary>float32, 23 bits behind the point.</summary>
    Fp32,

    /// <summary>Rounded to 10 bits behind the point, for the tensor cores of NVIDIA GPUs of compute capability 8.0 and up.</summary>
    Tf32,

    /// <summary>Rounded to 7 bits behind the point, for the same tensor cores, which multiply twice as many of them at a time.</summary>
    Bf16,
}

/// <summary>What is to be known of a <see cref="Precision"/>.</summary>
public static class Precisions
{
    /// <summary>As <c>--precision</c> has it: fp32, tf32, bf16.</summary>
    public static string Name(this Precision precision) => precision.ToString().ToLowerInvariant();

    /// <summary>Whether products run on tensor cores, their factors rounded.</summary>
    public static bool OnTensorCores(this Precision precision) => precision != Precision.Fp32;

    /// <summary>The most that rounding a factor moves it by, relative to itself: half a unit of its last bit. 0 where factors are not rounded.</summary>
    public static double Rounding(this Precision precision) => precision switch
    {
        Precision.Tf32 => 1.0 / (1 << 11),
        Precision.Bf16 => 1.0 / (1 << 8),
        _ => 0,
    };
}
