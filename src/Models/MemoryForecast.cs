using System.Globalization;
using GpuCtr.Kernels.Devices;
using static System.FormattableString;

namespace GpuCtr.Models;

/// <summary>Device memory that a model will take, known before anything is allocated.</summary>
/// <param name="Device">The device.</param>
/// <param name="AvailableBytes">Free memory of the device.</param>
/// <param name="Buffers">Every buffer by name with its bytes.</param>
/// <param name="BatchSize">The batch size it was planned for.</param>
/// <param name="LargestBatch">The largest batch size that fits; 0 if not even one row fits.</param>
/// <param name="WideRows">Text about the size of a table row, if it is more than one vector; else null.</param>
public sealed record MemoryForecast(
    string Device, long AvailableBytes, IReadOnlyList<(string Name, long Bytes)> Buffers, int BatchSize, int LargestBatch, string? WideRows = null)
{
    private const int TableRows = 12;

    /// <summary>Bytes of all buffers.</summary>
    public long TotalBytes => Buffers.Sum(b => b.Bytes);

    /// <summary>One line for each of the largest buffers, and one for all others together.</summary>
    public IEnumerable<string> Table()
    {
        (string Name, long Bytes)[] sorted = [.. Buffers.OrderByDescending(b => b.Bytes)], rest = sorted[Math.Min(TableRows, sorted.Length)..];
        return [
            Invariant($"{TotalBytes / 1e6,14:N1} MB  planned; {AvailableBytes / 1e6:N1} MB are available on {Device}"),
            .. sorted.Take(TableRows).Select(b => Invariant($"{b.Bytes / 1e6,14:N1} MB  {b.Name}")),
            Invariant($"{rest.Sum(b => b.Bytes) / 1e6,14:N1} MB  {rest.Length} more")];
    }

    /// <summary>Compares a plan with the free memory of the device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="plan">Every buffer.</param>
    /// <param name="wideRows">Text about the size of a table row, if it is more than one vector.</param>
    /// <param name="batchSize">The batch size it is for.</param>
    /// <param name="bytesOf">Bytes of the same model for another batch size.</param>
    /// <exception cref="DeviceMemoryException">It does not fit.</exception>
    internal static void Check(Device device, IEnumerable<(string Name, long Bytes)> plan, string? wideRows, int batchSize, Func<int, long> bytesOf)
    {
        (string Name, long Bytes)[] buffers = [.. plan.Where(p => p.Bytes > 0)];
        long available = device.AvailableBytes;
        if (buffers.Sum(b => b.Bytes) <= available)
            return;
        throw new DeviceMemoryException(new(device.ToString(), available, buffers, batchSize, LargestOf(batchSize, available, bytesOf), wideRows));
    }

    private static int LargestOf(int batchSize, long available, Func<int, long> bytesOf)
    {
        int fits = 0, tooMany = batchSize;
        while (tooMany - fits > 1)
        {
            int middle = fits + (tooMany - fits) / 2;
            if (bytesOf(middle) <= available)
                fits = middle;
            else
                tooMany = middle;
        }

        return fits;
    }
}

/// <summary>A model does not fit the memory of its device; nothing was allocated.</summary>
public sealed class DeviceMemoryException(MemoryForecast forecast) : DeviceException(MessageOf(forecast))
{
    /// <summary>The forecast.</summary>
    public MemoryForecast Forecast => forecast;

    private static string MessageOf(MemoryForecast f) => string.Create(CultureInfo.InvariantCulture,
        $"the model needs {f.TotalBytes / 1e6:N1} MB at --batch-size {f.BatchSize} and {f.Device} has {f.AvailableBytes / 1e6:N1} MB left; {(f.WideRows is null ? "" : f.WideRows + "; ")}")
        + (f.LargestBatch > 0
            ? $"the largest batch that fits is --batch-size {f.LargestBatch}"
            : "not even one row fits: lower --embedding-dim or --hidden-units, raise --min-count or set --hash-buckets");
}
