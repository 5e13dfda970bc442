namespace GpuCtr.Kernels.Devices;

/// <summary>Functions of a library that works on the context that is current on the calling thread.</summary>
/// <remarks>May be used on any thread: a function is handed out for one call, for which the context was just made current.</remarks>
/// <param name="export">Address of a function by name; 0 if the library does not have it.</param>
/// <param name="bind">Makes the device's context current on the calling thread.</param>
/// <param name="lacking">The error message for a function that the library does not have.</param>
internal sealed class DriverCalls(Func<string, nint> export, Action bind, Func<string, string> lacking)
{
    private readonly Dictionary<string, nint> found = [];

    /// <summary>The function, to be called at once on this thread.</summary>
    /// <exception cref="DeviceException">The library does not have it.</exception>
    public nint this[string name]
    {
        get
        {
            bind();
            return Address(name) is var address and not 0 ? address : throw new DeviceException(lacking(name));
        }
    }

    /// <summary>The error message if the library lacks one of these functions; null if it has them all.</summary>
    public string? Lacks(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
            if (Address(name) == 0)
                return lacking(name);
        return null;
    }

    private nint Address(string name)
    {
        lock (found)
        {
            if (!found.TryGetValue(name, out nint address))
                found.Add(name, address = export(name));
            return address;
        }
    }
}
