using GpuCtr.Kernels.Devices;

namespace GpuCtr.Tests;

/// <summary>The devices that ops and models are tested on, by name.</summary>
/// <remarks>
/// A device runs one step at a time, so each thread of the tests has devices of its own, opened when they are first asked for and kept.
/// Kernels for GPUs run on OpenCL where this machine has it. Elsewhere each thread of a group is a thread of the operating system, and a launch takes milliseconds.
/// </remarks>
public static class TestDevices
{
    // Of a CPU device, on any machine: more threads would only wait for each other. ThreadCountTests runs one to five.
    private const int Threads = 2;

    private static readonly bool hasOpenCl = DeviceCatalog.List().Any(d => d.Spec.StartsWith("opencl", StringComparison.Ordinal));

    private static readonly Dictionary<string, (string Spec, KernelChoice Kernels, Precision Precision)> known = new()
    {
        ["cpu portable"] = ("cpu", KernelChoice.Portable, Precision.Fp32),
        ["cpu simd"] = ("cpu", KernelChoice.Auto, Precision.Fp32),
        ["opencl"] = ("opencl", KernelChoice.Portable, Precision.Fp32),
        ["opencl tiled"] = ("opencl", KernelChoice.Tiled, Precision.Fp32),
        ["tiled"] = (hasOpenCl ? "opencl" : "cpu", KernelChoice.Tiled, Precision.Fp32),
        ["library"] = (hasOpenCl ? "opencl" : "cpu", KernelChoice.Library, Precision.Fp32),
        ["tf32"] = (hasOpenCl ? "opencl" : "cpu", KernelChoice.Tiled, Precision.Tf32),
        ["bf16"] = (hasOpenCl ? "opencl" : "cpu", KernelChoice.Tiled, Precision.Bf16),
    };

    [ThreadStatic]
    private static Dictionary<(string, KernelChoice, Precision), Device>? opened;

    /// <summary>Names of the devices for whole models: portable kernels run on the CPU, tiled ones on OpenCL.</summary>
    public static IEnumerable<string> Names => ["cpu portable", "cpu simd", "opencl tiled"];

    /// <summary>Names for a theory.</summary>
    public static TheoryData<string> All => new(Names);

    /// <summary>Every device with every one of <paramref name="cases"/>.</summary>
    public static TheoryData<string, T> Times<T>(params IEnumerable<T> cases)
    {
        TheoryData<string, T> rows = [];
        foreach (string device in Names)
            foreach (T c in cases)
                rows.Add(device, c);
        return rows;
    }

    /// <summary>The device, or a skip with the reason why it is not there.</summary>
    public static Device Get(string name)
    {
        Device? device = Find(name);
        Skip.If(device is null, $"no {name} device on this machine; `apt-get install pocl-opencl-icd ocl-icd-libopencl1` gives one");
        return device!;
    }

    /// <summary>The device; null if this machine has none.</summary>
    public static Device? Find(string name)
    {
        (string spec, KernelChoice kernels, Precision precision) = known[name];
        if (spec == "opencl" && !hasOpenCl)
            return null;
        opened ??= [];
        if (!opened.TryGetValue(known[name], out Device? device))
            opened.Add(known[name], device = Device.Open(spec, kernels, Threads, precision));
        return device;
    }
}
