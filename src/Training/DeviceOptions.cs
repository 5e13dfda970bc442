using System.Text.RegularExpressions;
using GpuCtr.Data.Options;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;

namespace GpuCtr.Training;

/// <summary>Where something runs.</summary>
public sealed partial record DeviceOptions
{
    /// <summary>auto, cuda, cuda:N, opencl, opencl:N or cpu; auto = CUDA, else an OpenCL GPU, else the CPU.</summary>
    [Option("auto, cuda, cuda:N, opencl, opencl:N or cpu", Value = "NAME", Suggestions = "auto|cuda|opencl|cpu", Section = OptionSection.Machine, OnResume = OnResume.Free)]
    public string Device { get; init; } = "auto";

    /// <summary>Which variants of the ops.</summary>
    [Option("variant of the ops: the fastest, the portable one, the one for GPUs, or the one with cuBLAS", OnResume = OnResume.Free)]
    public KernelChoice Kernels { get; init; }

    /// <summary>What the factors of matrix products are rounded to.</summary>
    [Option("tf32 and bf16 multiply matrices on the tensor cores of NVIDIA GPUs, with factors rounded to 10 or 7 fraction bits", OnResume = OnResume.Accepted)]
    public Precision Precision { get; init; }

    /// <summary>Threads that compute and that decode; 0 = one per core.</summary>
    [Option("threads for computing and for decoding; 0 = one per core", Least = 0, Most = MostThreads, OnResume = OnResume.Free)]
    public int Threads { get; init; }

    internal const int MostThreads = 1024;

    /// <summary>Threads that decode shards.</summary>
    internal int Decoders => DecodersOf(Threads);

    /// <summary>Threads that decode shards where so many are asked for.</summary>
    internal static int DecodersOf(int threads) => threads > 0 ? threads : Math.Clamp(Environment.ProcessorCount, 1, 16);

    /// <summary>Opens the device.</summary>
    /// <exception cref="GpuCtrException">Usage: no such name.</exception>
    /// <exception cref="DeviceException">The device is not there.</exception>
    internal Device Open()
    {
        OptionCheck.Check(this);
        return NamePattern().IsMatch(Device)
            ? GpuCtr.Kernels.Devices.Device.Open(Device, Kernels, Threads, Precision)
            : throw GpuCtrException.UsageError($"--device {Device}: not one of auto, cuda, cuda:N, opencl, opencl:N, cpu");
    }

    [GeneratedRegex("^(auto|cpu|(cuda|opencl)(:[0-9]{1,3})?)$")]
    private static partial Regex NamePattern();
}
