namespace GpuCtr.Kernels.Devices;

/// <summary>The devices of one kind.</summary>
/// <param name="Found">Those that can be opened.</param>
/// <param name="Refused">One line for everything that cannot.</param>
internal sealed record DeviceSearch(List<ILGPU.Runtime.Device> Found, List<string> Refused)
{
    /// <summary>Whether a driver for this kind is installed.</summary>
    public bool HasDriver { get; init; } = true;

    /// <summary>Why <c>--device auto</c> finds none although the driver is installed; null if it finds one, or if there is no driver.</summary>
    public string? PassedOver => HasDriver && Found.Count == 0 ? $"--device auto passes over the NVIDIA driver: {string.Join("; ", Refused)}" : null;

    /// <summary>An answer of a driver; null if it fails, and then the reason is kept.</summary>
    public T? Try<T>(Func<T> query, string what)
        where T : class
    {
        try
        {
            return query();
        }
        catch (Exception e)
        {
            Refused.Add($"{what} does not respond as expected: {DriverText.Reason(e)}");
            return null;
        }
    }
}
