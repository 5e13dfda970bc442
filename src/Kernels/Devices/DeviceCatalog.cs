using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Tiles;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace GpuCtr.Kernels.Devices;

/// <summary>An accelerator that was found, or the reason why one was not.</summary>
/// <param name="Spec">What to pass to <c>--device</c>; empty when nothing was found.</param>
/// <param name="Name">Name as the driver gives it.</param>
/// <param name="MemoryBytes">Device memory in bytes.</param>
/// <param name="Note">A note for the user; the reason if <paramref name="Spec"/> is empty.</param>
public sealed record DeviceEntry(string Spec, string Name, long MemoryBytes, string Note);

/// <summary>Finds and opens accelerators. Never falls back: the requested device is opened, or an error says why not.</summary>
public static class DeviceCatalog
{
    static DeviceCatalog()
    {
        if (!OperatingSystem.IsLinux())
            return;
        DriverLibraries.Register();
        // PoCL installs a signal handler that skips an integer division by zero anywhere in the process by a guessed instruction length:
        // a DivideByZeroException of .NET then ends in an illegal instruction. This setting keeps PoCL from installing the handler.
        NativeEnvironment.SetDefault("POCL_SIGFPE_HANDLER", "0");
    }

    /// <summary>Whether kernels can be compiled here. Not in a program that was itself compiled ahead of time: there, the CPU device runs SIMD variants, and no other is opened.</summary>
    [FeatureGuard(typeof(RequiresDynamicCodeAttribute))]
    internal static bool CompilesKernels => RuntimeFeature.IsDynamicCodeSupported;

    /// <summary>Every accelerator of this machine, and one entry for each kind that has none.</summary>
    public static IReadOnlyList<DeviceEntry> List()
    {
        List<DeviceEntry> entries = [.. Entries(DeviceKind.Cuda), .. Entries(DeviceKind.OpenCl)];
        entries.Add(new DeviceEntry("cpu", CpuName(), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            $"{Environment.ProcessorCount} threads, {SimdWidth()}"));
        return entries;
    }

    internal static Device Open(string spec, KernelChoice kernels, int threads, Precision precision)
    {
        string kind = spec.Split(':')[0];
        int index = 0;
        if (spec.Contains(':') && (!int.TryParse(spec[(spec.IndexOf(':') + 1)..], out index) || index < 0) || kind is not ("auto" or "cpu" or "cuda" or "opencl"))
            throw new DeviceException($"device '{spec}' is not one of auto, cpu, cuda, cuda:N, opencl, opencl:N");
        if (threads <= 0)
            threads = Environment.ProcessorCount;
        if (!CompilesKernels)
        {
            return kind is "cpu" or "auto" && kernels == KernelChoice.Auto
                ? new Device(() => throw NoKernels(), DeviceKind.Cpu, CpuName(), kernels, precision, threads)
                : throw NoKernels();
        }

        return kind switch
        {
            "cpu" => OpenCpu(kernels, precision, threads),
            "cuda" => OpenGpu(DeviceKind.Cuda, index, _ => true, kernels, precision) ?? throw Missing(spec),
            "opencl" => OpenGpu(DeviceKind.OpenCl, index, _ => true, kernels, precision) ?? throw Missing(spec),
            _ => OpenGpu(DeviceKind.Cuda, 0, _ => true, kernels, precision)
                 ?? (OpenGpu(DeviceKind.OpenCl, 0, d => d is CLDevice cl && cl.DeviceType.IsGpu(), kernels, precision) ?? OpenCpu(kernels, precision, threads)).Noting(PassedOver()),
        };
    }

    /// <summary>Why <c>auto</c> does not take an NVIDIA GPU although the driver is installed; null if it takes one, or if there is no driver.</summary>
    public static string? PassedOver() => Search(DeviceKind.Cuda).PassedOver;

    private static Device OpenCpu(KernelChoice kernels, Precision precision, int threads)
    {
        // ILGPU requires at least two simulated threads per group; launches of portable kernels use one.
        int groupThreads = precision.OnTensorCores() ? TileProduct.TensorSide : Device.GroupThreads;
        CPUDevice cpu = kernels is KernelChoice.Tiled or KernelChoice.Library ? new(2, groupThreads / 2, 1) : new(2, 1, Math.Max(2, threads));
        return new Device(
            () =>
            {
                Context context = Context.Create(b => Common(b).CPU(cpu));
                return context.GetCPUDevice(0).CreateCPUAccelerator(context);
            },
            DeviceKind.Cpu, CpuName(), kernels, precision, threads);
    }

    private static Device? OpenGpu(DeviceKind kind, int index, Func<ILGPU.Runtime.Device, bool> accept, KernelChoice kernels, Precision precision)
    {
        if (Search(kind).Found.Where(accept).ElementAtOrDefault(index) is not { } device)
            return null;
        Context context = Context.Create(b => Common(b));
        try
        {
            return new Device(() => device.CreateAccelerator(context), kind, DriverText.Name(device.Name), kernels, precision, 1);
        }
        catch (Exception e)
        {
            context.Dispose();
            if (e is DeviceException)
                throw;
            throw new DeviceException($"device {DriverText.Name(device.Name)} was found but did not open: {DriverText.Reason(e)}", e);
        }
    }

    /// <summary>Compiler options of kernels, the same for all devices.</summary>
    /// <remarks>
    /// Kernels take their views in one argument structure. Only at O2 does ILGPU infer that these views point to global memory;
    /// below, it emits generic pointers, which OpenCL drivers without a generic address space refuse.
    /// </remarks>
    internal static Context.Builder Common(Context.Builder b) => b.EnableAlgorithms().Optimize(OptimizationLevel.O2);

    private static DeviceSearch Search(DeviceKind kind) => kind == DeviceKind.Cuda ? CudaSearch.Run() : OpenClSearch.Run();

    /// <summary>One entry for each device of a kind and for everything that was left out.</summary>
    private static IEnumerable<DeviceEntry> Entries(DeviceKind kind)
    {
        string name = kind.ToString().ToLowerInvariant();
        DeviceSearch search = Search(kind);
        for (int i = 0; i < search.Found.Count; i++)
            yield return new DeviceEntry($"{name}:{i}", DriverText.Name(search.Found[i].Name), search.Found[i].MemorySize, NoteOn(search.Found[i]));
        if (search.Found.Count == 0)
            yield return new DeviceEntry("", name, 0, Nothing(kind, search.Refused));
        else
            foreach (string reason in search.Refused)
                yield return new DeviceEntry("", name, 0, reason);
    }

    private static string NoteOn(ILGPU.Runtime.Device device) => device switch
    {
        CLDevice cl => cl.DeviceType.Describe(),
        CudaDevice cuda => $"compute capability {cuda.Architecture?.Major}.{cuda.Architecture?.Minor}, driver for CUDA {cuda.DriverVersion}",
        _ => "",
    };

    private static string Nothing(DeviceKind kind, List<string> reasons)
    {
        if (kind == DeviceKind.OpenCl)
            reasons = ["install your GPU's OpenCL driver, or `pocl-opencl-icd ocl-icd-libopencl1` to run OpenCL on the processor", .. reasons];
        return $"no {(kind == DeviceKind.Cuda ? "CUDA" : "OpenCL")} device: {string.Join("; ", reasons)}";
    }

    private static DeviceException NoKernels() => new("this program was compiled ahead of time, which leaves no way to compile kernels: only the device cpu with its SIMD variants can be used");

    private static DeviceException Missing(string spec)
    {
        IReadOnlyList<DeviceEntry> all = List();
        IEnumerable<string> there = all.Where(e => e.Spec.Length > 0).Select(e => $"{e.Spec} ({e.Name})"), reasons = all.Where(e => e.Spec.Length == 0 && e.Name == spec.Split(':')[0]).Select(e => e.Note);
        return new DeviceException($"device '{spec}' was not found; found: {string.Join(", ", there)}{string.Concat(reasons.Select(r => $"; {r}"))}");
    }

    private static string CpuName()
    {
        const string info = "/proc/cpuinfo";
        string? line = File.Exists(info) ? File.ReadLines(info).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : DriverText.Name(line[(line.IndexOf(':') + 1)..]);
    }

    private static string SimdWidth() =>
        Vector512.IsHardwareAccelerated ? "SIMD 512 bit" :
        Vector256.IsHardwareAccelerated ? "SIMD 256 bit" :
        Vector128.IsHardwareAccelerated ? "SIMD 128 bit" : "no SIMD";
}
