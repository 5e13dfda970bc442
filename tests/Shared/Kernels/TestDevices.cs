using GpuCtr.Kernels.Devices;

namespace GpuCtr.Tests;

/// <summary>A device that tests run on.</summary>
public sealed record TestDevice(string Name, string Spec, KernelChoice Kernels, Precision Precision = Precision.Fp32)
{
    /// <summary>Whether ops run their SIMD variants there.</summary>
    public bool UsesSimd => Spec == "cpu" && Kernels == KernelChoice.Auto;
}

/// <summary>The devices that every op and model is tested on: CPU and OpenCL, portable, tiled and with the stand-in of tensor cores, and CPU SIMD.</summary>
/// <remarks>A device runs one step at a time, so each thread of the tests has devices of its own, opened when they are first asked for and kept.</remarks>
public static class TestDevices
{
    [ThreadStatic]
    private static Dictionary<string, Device?>? opened;

    /// <summary>All of them, for single ops.</summary>
    public static IReadOnlyList<TestDevice> OfOps { get; } =
    [
        new("cpu portable", "cpu", KernelChoice.Portable), new("cpu tiled", "cpu", KernelChoice.Tiled), new("cpu tf32", "cpu", KernelChoice.Tiled, Precision.Tf32),
        new("cpu bf16", "cpu", KernelChoice.Tiled, Precision.Bf16), new("cpu library", "cpu", KernelChoice.Library), new("cpu simd", "cpu", KernelChoice.Auto),
        new("opencl", "opencl", KernelChoice.Portable), new("opencl tiled", "opencl", KernelChoice.Tiled), new("opencl tf32", "opencl", KernelChoice.Tiled, Precision.Tf32),
        new("opencl bf16", "opencl", KernelChoice.Tiled, Precision.Bf16),
    ];

    /// <summary>Names of the devices for whole models: without those whose groups are threads of the system, milliseconds a launch, and without tensor cores. Portable kernels run on the CPU, tiled ones on OpenCL.</summary>
    public static IEnumerable<string> Names => ["cpu portable", "cpu simd", "opencl tiled"];

    /// <summary>Names for a theory.</summary>
    public static TheoryData<string> All => new(Names);

    /// <summary>Whether this machine has an OpenCL device.</summary>
    public static bool HasOpenCl { get; } = DeviceCatalog.List().Any(d => d.Spec.StartsWith("opencl", StringComparison.Ordinal));

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
        Device? device = Find(OfOps.Single(d => d.Name == name));
        Skip.If(device is null, $"no {name} device on this machine; `apt-get install pocl-opencl-icd ocl-icd-libopencl1` gives one");
        return device!;
    }

    /// <summary>The device; null where this machine has none.</summary>
    public static Device? Find(TestDevice d)
    {
        opened ??= [];
        if (!opened.TryGetValue(d.Name, out Device? device))
            opened.Add(d.Name, device = d.Spec == "opencl" && !HasOpenCl ? null : Device.Open(d.Spec, d.Kernels, precision: d.Precision));
        return device;
    }
}
