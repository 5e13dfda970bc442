using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace GpuCtr.Bench.Ops;

/// <summary>Every op by BenchmarkDotNet: each part of a step of each of <see cref="OpCases.Workloads"/>, and each product of its dense layers, on some devices with some kernels.</summary>
/// <remarks>
/// Besides the time, it prints GB/s and GFLOP/s of the minimum that the part must move and compute, also as fractions of a copy and of multiply-adds measured in the same run.
/// </remarks>
public class OpBench
{
    // Names of cases are long; by default the table cuts them at 20 characters.
    private const int NameWidth = 100;

    private static OpCases cases = null!;
    private StepPart part = null!;

    /// <summary>Device, kernels, workload and part.</summary>
    [ParamsSource(nameof(Cases))]
    public string Case { get; set; } = "";

    /// <summary>All cases.</summary>
    public static IEnumerable<string> Cases => cases.Names;

    /// <summary>Runs in this process, so that no SDK is needed; returns 1 if a benchmark failed or an op has none.</summary>
    /// <param name="devices">As for `gpu-ctr --device`.</param>
    /// <param name="kernels">As for `gpu-ctr --kernels`.</param>
    /// <param name="filters">Globs over names of benchmarks; none: all.</param>
    /// <param name="dry">Run each case once, on small shapes, to check that it works.</param>
    internal static int Run(string[] devices, string[] kernels, string[] filters, bool dry)
    {
        using (cases = new OpCases(devices, kernels, small: dry))
        {
            if (cases.Missing is { Length: > 0 } missing)
            {
                Console.Error.WriteLine($"no benchmark runs {string.Join(", ", missing)}: add a workload to OpCases.Workloads that records it");
                return 1;
            }
            Job job = dry ? Job.Dry : Job.Default.WithWarmupCount(2).WithIterationCount(5).WithIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(50));
            IConfig config = DefaultConfig.Instance.AddJob(job.WithToolchain(InProcessEmitToolchain.Instance)).AddColumn(FloorColumn.All(cases))
                .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(NameWidth));
            if (filters.Length > 0)
                config = config.AddFilter(new GlobFilter(filters));
            Summary summary = BenchmarkRunner.Run<OpBench>(config);
            Console.WriteLine(cases.Rooflines);
            return summary.HasCriticalValidationErrors || summary.Reports.Length == 0 || summary.Reports.Any(r => !r.Success) ? 1 : 0;
        }
    }

    /// <summary>Records the model, unless the previous case had the same, and takes two steps, so that the inputs of the part exist.</summary>
    [GlobalSetup]
    public void Open() => part = cases.Open(Case);

    /// <summary>Runs the part once, until the device is done.</summary>
    [Benchmark]
    public void Run()
    {
        part.Run();
        cases.Synchronize();
    }
}
