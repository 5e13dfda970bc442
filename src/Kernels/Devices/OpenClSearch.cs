using System.Reflection;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;

namespace GpuCtr.Kernels.Devices;

/// <summary>Finds OpenCL devices. A device that cannot be used is reported and does not hide others.</summary>
/// <remarks>ILGPU's own search ends silently at the first query that a driver fails, and finds no devices after it.</remarks>
internal static class OpenClSearch
{
    private const int MostDevices = 64;

    private static readonly PropertyInfo registry = typeof(Context.Builder).GetProperty("DeviceRegistry", BindingFlags.Instance | BindingFlags.NonPublic)!;

    /// <summary>Adds the devices of all platforms to a context, in the order of their drivers.</summary>
    /// <returns>One line for each platform or device that was left out.</returns>
    public static IReadOnlyList<string> AddTo(Context.Builder builder)
    {
        List<string> refused = [];
        DeviceRegistry devices = (DeviceRegistry)registry.GetValue(builder)!;
        foreach (CLDevice device in Open(Platforms(), Ids, Open, refused))
        {
            // PoCL before 4.0 does not report the generic address space, without which ILGPU does not open a device.
            // Our kernels never use generic pointers, so they run there anyway.
            typeof(CLCapabilityContext).GetProperty(nameof(CLCapabilityContext.GenericAddressSpace))!.SetValue(device.Capabilities, true);
            devices.Register(device);
        }
        return refused;
    }

    /// <summary>All devices that can be opened; the reasons for the others are added to <paramref name="refused"/>.</summary>
    internal static List<T> Open<T>(IReadOnlyList<nint> platforms, Func<nint, IReadOnlyList<nint>> idsOf, Func<nint, nint, T> open, List<string> refused)
        where T : class
    {
        List<T> opened = [];
        for (int p = 0; p < platforms.Count; p++)
        {
            if (Try(() => idsOf(platforms[p]), $"platform {p}", refused) is not { } ids)
                continue;
            for (int i = 0; i < ids.Count; i++)
                if (Try(() => open(platforms[p], ids[i]), $"device {i} of platform {p}", refused) is { } device)
                    opened.Add(device);
        }
        return opened;
    }

    private static CLDevice Open(nint platform, nint id) => CLAPI.CurrentAPI.GetDeviceInfo<int>(id, CLDeviceInfoType.CL_DEVICE_AVAILABLE) != 0
        ? new CLDevice(platform, id)
        : throw new DeviceException("its driver says that it is not available");

    private static T? Try<T>(Func<T> query, string what, List<string> refused)
        where T : class
    {
        try
        {
            return query();
        }
        catch (Exception e)
        {
            refused.Add($"{what} of OpenCL does not answer as it should: {DriverText.Reason(e)}");
            return null;
        }
    }

    private static nint[] Platforms()
    {
        if (!CLAPI.CurrentAPI.IsSupported || CLAPI.CurrentAPI.GetNumPlatforms(out int count) != CLError.CL_SUCCESS || count < 1)
            return [];
        nint[] found = new nint[count];
        return CLAPI.CurrentAPI.GetPlatforms(found, ref count) == CLError.CL_SUCCESS ? found[..Math.Min(count, found.Length)] : [];
    }

    private static nint[] Ids(nint platform)
    {
        nint[] found = new nint[MostDevices];
        CLError error = CLAPI.CurrentAPI.GetDevices(platform, CLDeviceType.CL_DEVICE_TYPE_ALL, found, out int count);
        return error switch
        {
            CLError.CL_SUCCESS => [.. found.Take(count).Where(id => id != 0)],
            CLError.CL_DEVICE_NOT_FOUND => [],
            _ => throw new DeviceException($"its devices cannot be listed ({error})"),
        };
    }
}
