using System.Globalization;

namespace GpuCtr.Kernels.Devices;

/// <summary>Free memory of the machine, or of the container of this process.</summary>
internal static class HostMemory
{
    private const string Info = "/proc/meminfo", Available = "MemAvailable:";

    /// <summary>Free bytes; caches that the system would drop count as free.</summary>
    /// <param name="limit">Total limit of this process.</param>
    public static long AvailableBytes(long limit) => Math.Min(limit - Environment.WorkingSet, MachineBytes);

    /// <summary>Memory of the machine or container, or a lower limit that the process has set for its own heap.</summary>
    public static long LimitBytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Linux reports the memory available without swapping; elsewhere the limit is used.</summary>
    private static long MachineBytes
    {
        get
        {
            string? line = File.Exists(Info) ? File.ReadLines(Info).FirstOrDefault(l => l.StartsWith(Available, StringComparison.Ordinal)) : null;
            return line is not null && long.TryParse(line[Available.Length..^"kB".Length].Trim(), CultureInfo.InvariantCulture, out long kilobytes) ? kilobytes * 1024 : long.MaxValue;
        }
    }
}
