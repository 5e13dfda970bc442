using System.Text.RegularExpressions;
using GpuCtr.Kernels.Devices;
using GpuCtr.Training;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags that choose where something runs.</summary>
internal static partial class DeviceFlags
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("--device", "NAME", "auto", "auto, cuda, cuda:N, opencl, opencl:N or cpu") { Choices = ["auto", "cuda", "opencl", "cpu"] },
        new("--kernels", "auto|portable|tiled|library", "auto", "the fastest variant of every op, the portable one, that of GPUs, or that with cuBLAS"),
        new("--precision", "fp32|tf32|bf16", "fp32", "tf32 and bf16 multiply matrices on the tensor cores of NVIDIA GPUs, factors rounded to 10 or 7 bits"),
        new("--threads", "N", "0", "threads for computing and for decoding; 0 = one per core"),
    ];

    /// <summary>Opens the device that the flags name.</summary>
    /// <exception cref="GpuCtrException">Usage: no such name.</exception>
    /// <exception cref="DeviceException">The device is not there.</exception>
    public static Device Open(FlagValues flags)
    {
        string name = flags.Text("--device");
        if (!NamePattern().IsMatch(name))
            throw GpuCtrException.UsageError($"--device {name}: not one of auto, cuda, cuda:N, opencl, opencl:N, cpu");
        KernelChoice kernels = Enum.Parse<KernelChoice>(flags.Choice("--kernels", "auto", "portable", "tiled", "library"), ignoreCase: true);
        Precision precision = Enum.Parse<Precision>(flags.Choice("--precision", "fp32", "tf32", "bf16"), ignoreCase: true);
        return Device.Open(name, kernels, ComputeThreads(flags), precision);
    }

    /// <summary>Threads that decode shards.</summary>
    public static int DecodeThreads(FlagValues flags) => ComputeThreads(flags) is > 0 and int threads ? threads : Math.Clamp(Environment.ProcessorCount, 1, 16);

    /// <summary>What the process may hold.</summary>
    /// <param name="flags">The flags.</param>
    /// <param name="freeRowBytes">Bytes for rows where <c>--memory</c> is not given.</param>
    /// <exception cref="GpuCtrException">Usage: not a size.</exception>
    public static MemoryBudget Memory(FlagValues flags, long freeRowBytes) => new(flags.IsGiven("--memory") ? flags.Bytes("--memory") : null, freeRowBytes);

    private static int ComputeThreads(FlagValues flags) => flags.Whole("--threads", 0, 1024);

    [GeneratedRegex("^(auto|cpu|(cuda|opencl)(:[0-9]{1,3})?)$")]
    private static partial Regex NamePattern();
}
