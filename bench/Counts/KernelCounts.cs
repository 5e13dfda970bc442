using System.Globalization;
using GpuCtr.SoftCuda.Execution.Counting;
using GpuCtr.Tests;

namespace GpuCtr.Bench.Counts;

/// <summary>All launches of one kernel in a step.</summary>
/// <param name="Kernel">As docs/kernels.md calls it.</param>
/// <param name="Counts">Their sum.</param>
internal sealed record KernelCounts(string Kernel, LaunchCounts Counts)
{
    private static readonly Lazy<Dictionary<string, KernelTable.Row>> table = new(() => KernelTable.Read().Rows.ToDictionary(r => r.Kernel));

    private double Warps => (double)Counts.Warps / Counts.Launches;

    /// <summary>Warps of a launch that are resident on a multiprocessor of an H100: limited by registers, shared memory, and the size of the launch.</summary>
    private string InFlight => table.Value.TryGetValue(Kernel, out KernelTable.Row? row) ? Text(Math.Min(row.Warps90, Warps / GpuFloor.H100.Gpu.Multiprocessors)) : "–";

    /// <inheritdoc/>
    public override string ToString()
    {
        Executed all = Counts.All;
        Traffic global = Counts.Global;
        string[] cells =
        [
            Kernel, $"{Counts.Launches}", Text(Warps), InFlight, Ratio(all.Lanes, all.Instructions), Ratio(global.Sectors, global.Requests), Ratio(global.IdealSectors, global.Requests),
            Ratio(Counts.SharedPasses, Counts.SharedRequests), Text((Counts.ReadBytes + Counts.WrittenBytes) / 1e6), Text(Counts.MovedBytes / 1e6), Text(Counts.Fp32 / 1e6),
            .. GpuFloor.All.Select(gpu => Text(gpu.Microseconds(Counts))),
        ];
        return $"| {string.Join(" | ", cells)} |";
    }

    private static string Ratio(long a, long b) => b == 0 ? "–" : Text((double)a / b);

    private static string Text(double x) => x.ToString(x < 10 ? "0.##" : "0", CultureInfo.InvariantCulture);
}
