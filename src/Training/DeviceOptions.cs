using System.Text.RegularExpressions;
using GpuCtr.Data.Options;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Models;

namespace GpuCtr.Training;

/// <summary>Options about device and threads.</summary>
public sealed partial record DeviceOptions
{
    /// <summary>auto, cuda, cuda:N, opencl, opencl:N or cpu; auto = CUDA, else an OpenCL GPU, else the CPU; on several ranks or slices the CPU.</summary>
    [Option("auto, cuda, cuda:N, opencl, opencl:N or cpu", Value = "NAME", Suggestions = "auto|cuda|opencl|cpu", Section = OptionSection.Machine, OnResume = OnResume.Free)]
    public string Device { get; init; } = "auto";

    /// <summary>Variants of the ops to use.</summary>
    [Option("variant of the ops: the fastest, the portable one, the one for GPUs, or the one with cuBLAS", OnResume = OnResume.Free)]
    public KernelChoice Kernels { get; init; }

    /// <summary>Precision to which the factors of matrix products are rounded.</summary>
    [Option("tf32 and bf16 multiply matrices on the tensor cores of NVIDIA GPUs, with factors rounded to 10 or 7 fraction bits", OnResume = OnResume.Accepted)]
    public Precision Precision { get; init; }

    /// <summary>Number of threads that compute, and of threads that decode; 0 = one per core.</summary>
    [Option("threads for computing and for decoding; 0 = one per core", Least = 0, Most = MostThreads, OnResume = OnResume.Free)]
    public int Threads { get; init; }

    /// <summary>The ranks that train together; null: only this process.</summary>
    internal Communicator? Ranks { get; init; }

    internal const int MostThreads = 1024;

    /// <summary>Threads that decode shards.</summary>
    internal int Decoders => DecodersOf(Threads);

    /// <summary>Number of threads that decode shards for a given option value.</summary>
    internal static int DecodersOf(int threads) => threads > 0 ? threads : Math.Clamp(Environment.ProcessorCount, 1, 16);

    /// <summary>Checks the options without looking for a device.</summary>
    /// <exception cref="GpuCtrException">Usage: an unknown name or an invalid value.</exception>
    internal void Check()
    {
        OptionCheck.Check(this);
        if (!NamePattern().IsMatch(Device))
            throw GpuCtrException.UsageError($"--device {Device}: not one of auto, cuda, cuda:N, opencl, opencl:N, cpu");
        if (AreSeveral && Device is not ("auto" or "cpu"))
            throw GpuCtrException.UsageError($"--device {Device}: {Ranks} can train only on CPUs so far; take --device cpu, or one rank without --slices");
    }

    private bool AreSeveral => Ranks is { Size: > 1 };

    /// <summary>Opens the device.</summary>
    /// <exception cref="GpuCtrException">Usage: an unknown name or an invalid value.</exception>
    /// <exception cref="DeviceException">The device was not found.</exception>
    internal Device Open()
    {
        Check();
        Device device = GpuCtr.Kernels.Devices.Device.Open(AreSeveral ? "cpu" : Device, Kernels, OwnThreads, Precision);
        return Ranks is null ? device : device.Of(Ranks);
    }

    /// <summary>Ranks share the cores of their host, and slices the threads of their rank.</summary>
    private int OwnThreads => Ranks is null ? Threads : Math.Max(1, Threads > 0 ? Threads / Ranks.Threads : Environment.ProcessorCount / Ranks.Place.LocalSize);

    [GeneratedRegex("^(auto|cpu|(cuda|opencl)(:[0-9]{1,3})?)$")]
    private static partial Regex NamePattern();
}
