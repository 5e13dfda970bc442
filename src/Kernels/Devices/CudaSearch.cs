using System.Runtime.CompilerServices;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;

namespace GpuCtr.Kernels.Devices;

/// <summary>Finds NVIDIA GPUs. What keeps the driver or a GPU from use is reported.</summary>
/// <remarks>
/// On WSL, ILGPU's own search sets a library resolver, which fails at the second call and if the host process has one; it ends silently
/// at the first GPU that does not answer; and forgets why the driver does not start.
/// </remarks>
internal static class CudaSearch
{
    private const string NoDriver = "the NVIDIA driver (libcuda.so.1) is not installed; in a container, start it with `--gpus all`";

    /// <summary>The GPUs in the order of the driver, and one line for everything that was left out.</summary>
    public static DeviceSearch Run() => Run(CudaDriver.Open(), Ids, Open);

    /// <summary>The same with another driver.</summary>
    /// <param name="driver">Null: the machine has none.</param>
    /// <param name="ids">Numbers of its GPUs.</param>
    /// <param name="open">Asks a GPU for its properties.</param>
    internal static DeviceSearch Run(CudaDriver? driver, Func<IReadOnlyList<int>> ids, Func<int, ILGPU.Runtime.Device> open)
    {
        if (driver is null)
            return new([], [NoDriver]) { HasDriver = false };
        if (driver.Start() is { } failure)
            return new([], [$"the NVIDIA driver does not start: {failure}"]);
        DeviceSearch search = new([], []);
        IReadOnlyList<int> found = search.Try(ids, "the driver") ?? [];
        for (int i = 0; i < found.Count; i++)
            if (search.Try(() => open(found[i]), $"GPU {i}") is { } device)
                search.Found.Add(device);
        if (found.Count == 0 && search.Refused.Count == 0)
            search.Refused.Add(CudaStatus.NoDevice);
        return search;
    }

    private static List<int> Ids()
    {
        CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.GetDeviceCount(out int count));
        List<int> ids = [];
        for (int i = 0; i < count; i++)
        {
            CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.GetDevice(out int id, i));
            ids.Add(id);
        }
        return ids;
    }

    private static CudaDevice Open(int id)
    {
        CudaDevice device = New(id);
        return device.Architecture is not null && device.InstructionSet is { } set && PTXCodeGenerator.SupportedInstructionSets.Contains(set)
            ? device
            : throw new DeviceException($"driver {device.DriverVersion} is too old for {device.Name} (compute capability {device.Architecture?.Major}.{device.Architecture?.Minor}): update it");
    }

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern CudaDevice New(int deviceId);
}
