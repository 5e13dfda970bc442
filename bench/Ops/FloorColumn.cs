using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using GpuCtr.Kernels;

namespace GpuCtr.Bench.Ops;

/// <summary>A column of <see cref="OpBench"/>: a rate, or its fraction of the device's best possible rate.</summary>
internal sealed class FloorColumn : IColumn
{
    private readonly OpCases cases;
    private readonly Func<Work, Roofline, double, double> value;
    private readonly string format;

    private FloorColumn(OpCases cases, string name, string legend, string format, Func<Work, Roofline, double, double> value) =>
        (this.cases, ColumnName, Legend, this.format, this.value) = (cases, name, legend, format, value);

    /// <summary>All six.</summary>
    public static IColumn[] All(OpCases cases) =>
    [
        new FloorColumn(cases, "MB", "Bytes that must be read and written at least", "F2", (w, _, _) => w.Bytes / 1e6),
        new FloorColumn(cases, "GFLOP", "Operations of products", "F3", (w, _, _) => w.Flops / 1e9),
        new FloorColumn(cases, "GB/s", "MB by the mean time", "F1", (w, _, s) => w.Bytes / s / 1e9),
        new FloorColumn(cases, "of copy", "The same as a fraction of a copy larger than any cache", "P0", (w, best, s) => w.Bytes / s / best.CopyBytesPerSecond),
        new FloorColumn(cases, "GFLOP/s", "GFLOP by the mean time", "F0", (w, _, s) => w.Flops / s / 1e9),
        new FloorColumn(cases, "of peak", "The same as a fraction of multiply-adds on registers", "P0", (w, best, s) => w.Flops / s / best.FlopsPerSecond),
    ];

    public string ColumnName { get; }

    public string Legend { get; }

    public string Id => $"{nameof(FloorColumn)}.{ColumnName}";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        if (summary[benchmarkCase]?.ResultStatistics is not { } statistics)
            return "–";
        (Work work, Roofline best) = cases.FloorOf((string)benchmarkCase.Parameters[nameof(OpBench.Case)]);
        double x = value(work, best, statistics.Mean / 1e9);
        return x == 0 ? "–" : x.ToString(format, CultureInfo.InvariantCulture);
    }
}
