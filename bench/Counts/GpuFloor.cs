using GpuCtr.SoftCuda;
using GpuCtr.SoftCuda.Execution.Counting;

namespace GpuCtr.Bench.Counts;

/// <summary>The lower bound of the time of a GPU for the counted work.</summary>
/// <param name="Name">As its maker calls it.</param>
/// <param name="Gpu">Bandwidth, multiprocessors and clock of its data sheet.</param>
internal sealed record GpuFloor(string Name, Capability Gpu)
{
    /// <summary>Assumed: from the end of a kernel to the end of a following empty one, in a graph.</summary>
    public const double GraphMicroseconds = 2;

    /// <summary>Assumed: from one launch to the next, of a host that launches op by op.</summary>
    public const double LaunchMicroseconds = 4;

    // Lanes of a multiprocessor that multiply and add floats, since compute capability 8.6, and on 9.0.
    private const int Fp32Lanes = 128;

    /// <summary>The H100 with HBM3.</summary>
    public static GpuFloor H100 { get; } = new("H100", Capability.Of("9.0"));

    /// <summary>Those of the tables.</summary>
    public static IReadOnlyList<GpuFloor> All { get; } = [H100, new("RTX 4090", Capability.Of("8.9"))];

    private double FlopsPerSecond => 2e6 * Gpu.ClockMhz * Gpu.Multiprocessors * Fp32Lanes;

    /// <summary>The larger of needed bytes at full bandwidth and operations at full rate.</summary>
    public double Microseconds(LaunchCounts counts) =>
        1e6 * Math.Max((counts.ReadBytes + counts.WrittenBytes) / Gpu.BytesPerSecond, counts.Fp32 / FlopsPerSecond);

    /// <inheritdoc/>
    public override string ToString() => $"* {Name}: {Gpu.Multiprocessors} multiprocessors, {Gpu.BytesPerSecond / 1e12:F2} TB/s, {FlopsPerSecond / 1e12:F0} TFLOP/s in fp32";
}
