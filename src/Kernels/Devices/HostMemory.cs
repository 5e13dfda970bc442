using System.Globalization;

namespace GpuCtr.Kernels.Devices;

/// <summary>What the machine, or the container this process is in, has left.</summary>
internal static class HostMemory
{
    private const string Info = "/proc/meminfo", Available = "MemAvailable:";

    /// <summary>Bytes; caches that the system would give up count as left.</summary>
    /// <param name="limit">What this process may have in all.</param>
    public static long AvailableBytes(long limit) => Math.Min(limit - Environment.WorkingSet, MachineBytes);

    /// <summary>What machine or container let this process have in all, or a lower limit that it has set for its own heap.</summary>
    public static long LimitBytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Linux tells what can be had without swapping; elsewhere the limit has to do.</summary>
    private static long MachineBytes
    {
        get
        {
            string? line = File.Exists(Info) ? File.ReadLines(Info).FirstOrDefault(l => l.StartsWith(Available, StringComparison.Ordinal)) : null;
            return line is not null && long.TryParse(line[Available.Length..^"kB".Length].Trim(), CultureInfo.InvariantCulture, out long kilobytes) ? kilobytes * 1024 : long.MaxValue;
        }
    }
}
