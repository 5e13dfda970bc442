using GpuCtr.Kernels.Devices;

namespace GpuCtr.Tests;

/// <summary>The devices that every op and model is tested on: CPU and OpenCL, portable, tiled and with the stand-in of tensor cores, and CPU SIMD. Opened once for a test run.</summary>
public static class TestDevices
{
    private static readonly Dictionary<string, Lazy<Device?>> Opened = new()
    {
        ["cpu portable"] = new(() => Device.Open("cpu", KernelChoice.Portable)),
        ["cpu tiled"] = new(() => Device.Open("cpu", KernelChoice.Tiled)),
        ["cpu tf32"] = new(() => Device.Open("cpu", KernelChoice.Tiled, precision: Precision.Tf32)),
        ["cpu bf16"] = new(() => Device.Open("cpu", KernelChoice.Tiled, precision: Precision.Bf16)),
        ["cpu library"] = new(() => Device.Open("cpu", KernelChoice.Library)),
        ["cpu simd"] = new(() => Device.Open("cpu")),
        ["opencl"] = new(() => OpenCl(KernelChoice.Portable)),
        ["opencl tiled"] = new(() => OpenCl(KernelChoice.Tiled)),
        ["opencl tf32"] = new(() => OpenCl(KernelChoice.Tiled, Precision.Tf32)),
        ["opencl bf16"] = new(() => OpenCl(KernelChoice.Tiled, Precision.Bf16)),
    };

    /// <summary>Names of all devices, for single ops.</summary>
    public static IEnumerable<string> OfOps => Opened.Keys;

    /// <summary>Names of the devices for whole models: without those whose groups are threads of the system, milliseconds a launch, and without tensor cores. Portable kernels run on the CPU, tiled ones on OpenCL.</summary>
    public static IEnumerable<string> Names => ["cpu portable", "cpu simd", "opencl tiled"];

    /// <summary>Names for a theory.</summary>
    public static TheoryData<string> All => new(Names);

    /// <summary>Every device with every one of <paramref name="cases"/>.</summary>
    public static TheoryData<string, string> Times(params IEnumerable<string> cases)
    {
        TheoryData<string, string> rows = [];
        foreach (string device in Names)
            foreach (string c in cases)
                rows.Add(device, c);
        return rows;
    }

    private static Device? OpenCl(KernelChoice kernels, Precision precision = Precision.Fp32) =>
        DeviceCatalog.List().Any(d => d.Spec.StartsWith("opencl", StringComparison.Ordinal)) ? Device.Open("opencl", kernels, precision: precision) : null;

    /// <summary>The device, or a skip with the reason why it is not there.</summary>
    public static Device Get(string name)
    {
        Device? device = Opened[name].Value;
        Skip.If(device is null, $"no {name} device on this machine; `apt-get install pocl-opencl-icd ocl-icd-libopencl1` gives one");
        return device!;
    }
}
