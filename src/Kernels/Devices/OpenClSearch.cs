using ILGPU.Runtime.OpenCL;

namespace GpuCtr.Kernels.Devices;

/// <summary>Finds OpenCL devices. A device that cannot be used is reported and does not hide others.</summary>
/// <remarks>ILGPU's own search ends silently at the first query that a driver fails, and finds no devices after it.</remarks>
internal static class OpenClSearch
{
    private const int MostDevices = 64;

    /// <summary>The devices of all platforms, in the order of their drivers, and one line for each platform or device that was left out.</summary>
    public static DeviceSearch Run() => Run(Platforms, Ids, Open);

    /// <summary>The same with other platforms.</summary>
    internal static DeviceSearch Run(Func<IReadOnlyList<nint>> platforms, Func<nint, IReadOnlyList<nint>> idsOf, Func<nint, nint, ILGPU.Runtime.Device> open)
    {
        DeviceSearch search = new([], []);
        IReadOnlyList<nint> all = search.Try(platforms, "OpenCL") ?? [];
        for (int p = 0; p < all.Count; p++)
        {
            IReadOnlyList<nint> ids = search.Try(() => idsOf(all[p]), $"platform {p} of OpenCL") ?? [];
            for (int i = 0; i < ids.Count; i++)
                if (search.Try(() => open(all[p], ids[i]), $"device {i} of platform {p} of OpenCL") is { } device)
                    search.Found.Add(device);
        }
        return search;
    }

    private static CLDevice Open(nint platform, nint id)
    {
        if (CLAPI.CurrentAPI.GetDeviceInfo<int>(id, CLDeviceInfoType.CL_DEVICE_AVAILABLE) == 0)
            throw new DeviceException("its driver says that it is not available");
        CLDevice device = new(platform, id);
        // PoCL before 4.0 does not report the generic address space, without which ILGPU does not open a device.
        // Our kernels never use generic pointers, so they run there anyway.
        typeof(CLCapabilityContext).GetProperty(nameof(CLCapabilityContext.GenericAddressSpace))!.SetValue(device.Capabilities, true);
        return device;
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
