using System.Reflection;
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
        // Debian and Ubuntu ship libOpenCL.so.1 without the unversioned name that ILGPU loads.
        NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, (name, assembly, path) =>
            name == "OpenCL" && NativeLibrary.TryLoad("libOpenCL.so.1", out nint handle) ? handle : 0);
        // PoCL installs a signal handler that skips an integer division by zero anywhere in the process by a guessed instruction length:
        // a DivideByZeroException of .NET then ends in an illegal instruction. This setting keeps PoCL from installing the handler.
        _ = SetEnvironment("POCL_SIGFPE_HANDLER", "0", overwrite: 0);
    }

    /// <summary>Sets a variable in the native environment: .NET changes only its own copy, which native libraries do not see.</summary>
    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi)]
    private static extern int SetEnvironment(string name, string value, int overwrite);

    /// <summary>Every accelerator of this machine, and one entry for each kind that has none.</summary>
    public static IReadOnlyList<DeviceEntry> List()
    {
        List<DeviceEntry> entries = [];
        Probe(entries, "cuda", AddCuda, context => context.Devices.OfType<CudaDevice>(),
            "no CUDA device: the NVIDIA driver (libcuda) is not installed or shows no GPU");
        Probe(entries, "opencl", OpenClSearch.AddTo, context => context.Devices.OfType<CLDevice>(),
            "no OpenCL device: install your GPU's OpenCL driver, or `pocl-opencl-icd ocl-icd-libopencl1` to run OpenCL on the processor");
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
        return kind switch
        {
            "cpu" => OpenCpu(kernels, precision, threads),
            "cuda" => OpenGpu(DeviceKind.Cuda, index, _ => true, kernels, precision) ?? throw Missing(spec),
            "opencl" => OpenGpu(DeviceKind.OpenCl, index, _ => true, kernels, precision) ?? throw Missing(spec),
            _ => OpenGpu(DeviceKind.Cuda, 0, _ => true, kernels, precision)
                 ?? OpenGpu(DeviceKind.OpenCl, 0, d => d is CLDevice cl && cl.DeviceType.IsGpu(), kernels, precision)
                 ?? OpenCpu(kernels, precision, threads),
        };
    }

    private static Device OpenCpu(KernelChoice kernels, Precision precision, int threads)
    {
        // ILGPU requires at least two simulated threads per group; launches of portable kernels use one.
        int groupThreads = precision.OnTensorCores() ? TileProduct.TensorSide : Device.GroupThreads;
        CPUDevice cpu = kernels is KernelChoice.Tiled or KernelChoice.Library ? new(2, groupThreads / 2, 1) : new(2, 1, Math.Max(2, threads));
        Context context = Context.Create(b => Common(b).CPU(cpu));
        return new Device(context, context.GetCPUDevice(0).CreateCPUAccelerator(context), DeviceKind.Cpu, CpuName(), kernels, precision, threads);
    }

    private static Device? OpenGpu(DeviceKind kind, int index, Func<ILGPU.Runtime.Device, bool> accept, KernelChoice kernels, Precision precision)
    {
        Context? context = TryCreate(kind == DeviceKind.Cuda ? AddCuda : OpenClSearch.AddTo, out _);
        if (context is null)
            return null;
        AcceleratorType type = kind == DeviceKind.Cuda ? AcceleratorType.Cuda : AcceleratorType.OpenCL;
        ILGPU.Runtime.Device? device = context.Devices.Where(d => d.AcceleratorType == type && accept(d)).ElementAtOrDefault(index);
        if (device is null)
        {
            context.Dispose();
            return null;
        }
        try
        {
            return new Device(context, device.CreateAccelerator(context), kind, DriverText.Name(device.Name), kernels, precision, 1);
        }
        catch (Exception e)
        {
            context.Dispose();
            if (e is DeviceException)
                throw;
            throw new DeviceException($"device {DriverText.Name(device.Name)} was found but did not open: {DriverText.Reason(e)}", e);
        }
    }

    /// <summary>How kernels are compiled, whatever the device.</summary>
    /// <remarks>
    /// Kernels take their views in one argument structure. Only at O2 does ILGPU infer that these views point to global memory;
    /// below, it emits generic pointers, which OpenCL drivers without a generic address space refuse.
    /// </remarks>
    internal static Context.Builder Common(Context.Builder b) => b.EnableAlgorithms().Optimize(OptimizationLevel.O2);

    private static string[] AddCuda(Context.Builder b)
    {
        b.Cuda();
        return [];
    }

    /// <summary>Creates the context (null if there is none) and one line for each missing device.</summary>
    private static Context? TryCreate(Func<Context.Builder, IReadOnlyList<string>> add, out IReadOnlyList<string> reasons)
    {
        IReadOnlyList<string> refused = [];
        try
        {
            Context created = Context.Create(b => refused = add(Common(b)));
            reasons = refused;
            return created;
        }
        catch (Exception e)
        {
            reasons = [DriverText.Reason(e)];
            return null;
        }
    }

    private static void Probe(
        List<DeviceEntry> entries, string kind, Func<Context.Builder, IReadOnlyList<string>> add, Func<Context, IEnumerable<ILGPU.Runtime.Device>> devices, string missing)
    {
        using Context? context = TryCreate(add, out IReadOnlyList<string> reasons);
        List<ILGPU.Runtime.Device> found = context is null ? [] : devices(context).ToList();
        for (int i = 0; i < found.Count; i++)
            entries.Add(new DeviceEntry($"{kind}:{i}", DriverText.Name(found[i].Name), found[i].MemorySize, found[i] is CLDevice cl ? cl.DeviceType.Describe() : ""));
        if (found.Count == 0)
            entries.Add(new DeviceEntry("", kind, 0, reasons.Count > 0 ? $"{missing} ({string.Join("; ", reasons)})" : missing));
        else
            entries.AddRange(reasons.Select(reason => new DeviceEntry("", kind, 0, reason)));
    }

    private static DeviceException Missing(string spec)
    {
        IEnumerable<string> there = List().Where(e => e.Spec.Length > 0).Select(e => $"{e.Spec} ({e.Name})");
        return new DeviceException($"device '{spec}' was not found; found: {string.Join(", ", there)}. `gpu-ctr devices` says why");
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
