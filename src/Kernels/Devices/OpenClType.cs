using System.Globalization;
using ILGPU.Runtime.OpenCL;

namespace GpuCtr.Kernels.Devices;

/// <summary>Types of OpenCL devices: flags, of which a driver may set several (OpenCL 3.0, clGetDeviceInfo, CL_DEVICE_TYPE).</summary>
internal static class OpenClType
{
    private static readonly (CLDeviceType Flag, string Name)[] names =
    [
        (CLDeviceType.CL_DEVICE_TYPE_CPU, "CPU"), (CLDeviceType.CL_DEVICE_TYPE_GPU, "GPU"),
        (CLDeviceType.CL_DEVICE_TYPE_ACCELERATOR, "ACCELERATOR"), (CLDeviceType.CL_DEVICE_TYPE_CUSTOM, "CUSTOM"),
    ];

    /// <summary>Whether the device is a GPU and nothing else. The flag for a platform's default device is ignored.</summary>
    public static bool IsGpu(this CLDeviceType type) => (type & ~CLDeviceType.CL_DEVICE_TYPE_DEFAULT) == CLDeviceType.CL_DEVICE_TYPE_GPU;

    /// <summary>CPU, GPU, CPU+GPU+ACCELERATOR, …; flags of later versions of OpenCL as a number.</summary>
    public static string Describe(this CLDeviceType type)
    {
        CLDeviceType rest = names.Aggregate(type & ~CLDeviceType.CL_DEVICE_TYPE_DEFAULT, (left, n) => left & ~n.Flag);
        IEnumerable<string> unknown = rest == 0 ? [] : [string.Create(CultureInfo.InvariantCulture, $"type 0x{(uint)rest:X}")];
        return string.Join('+', names.Where(n => type.HasFlag(n.Flag)).Select(n => n.Name).Concat(unknown));
    }
}
