using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Engine;
using GpuCtr.Kernels.Devices;
using GpuCtr.Training.Explanations;
using Section = GpuCtr.Bench.Box.BoxReport.Section;

namespace GpuCtr.Bench.Box;

/// <summary>Checks a machine's device within eight minutes: is it correct, is it repeatable, how fast is it, also compared with PyTorch.</summary>
/// <remarks>Each question runs in its own process with a time limit, so that a crash or a hang costs only its own answer.</remarks>
internal sealed class BoxRun
{
    private const double AucTolerance = 5e-4;

    private readonly string device;
    private readonly TimeSpan budget;
    private readonly BoxReport report;
    private readonly long start = System.Diagnostics.Stopwatch.GetTimestamp();

    private BoxRun(string device, TimeSpan budget) => (this.device, this.budget, report) = (device, budget, new BoxReport(device));

    private static string Engine => Program("gpu-ctr");

    private static string Bench => Program("bench");

    private static string Samples => Path.Combine(AppContext.BaseDirectory, "..", "samples");

    private TimeSpan Left => budget - System.Diagnostics.Stopwatch.GetElapsedTime(start);

    /// <summary>Asks all questions and writes results.md and results.json; 0 when nothing failed.</summary>
    /// <param name="device">As for gpu-ctr --device.</param>
    /// <param name="folder">Where the files go.</param>
    /// <param name="budget">Limit of the total time.</param>
    public static int Run(string device, string folder, TimeSpan budget)
    {
        BoxRun run = new(device, budget);
        run.Devices();
        run.Verify("auto", Precision.Fp32);
        run.Training();
        StepBench.Row[] steps = [.. run.Steps(Precision.Fp32, 1024, 4096, 16384, 65536), .. run.Steps(Precision.Tf32, 4096, 16384), .. run.Steps(Precision.Bf16, 4096, 16384)];
        run.Kernels();
        foreach (Section s in BoxPeers.Compare(device, steps, Bench, limit => limit < run.Left ? limit : run.Left))
            run.report.Add(s);
        // Kernels that are not used by default come last, if time is left. On CUDA, auto is tiled, with cuBLAS if available.
        run.Verify("tiled", Precision.Fp32);
        foreach (Precision precision in new[] { Precision.Tf32, Precision.Bf16 })
            foreach (string kernels in new[] { "auto", "tiled" })
                run.Verify(kernels, precision);
        run.Verify("portable", Precision.Fp32);
        run.report.Write(folder);
        Console.WriteLine($"{Path.GetFullPath(folder)}: results.md, results.json\n\n{run.report.Summary()}");
        return run.report.Failed ? 1 : 0;
    }

    private void Devices()
    {
        ChildProcess devices = Child(30, Engine, "devices"), driver = Child(10, "nvidia-smi", "--query-gpu=name,driver_version,memory.total,clocks.max.sm,power.limit", "--format=csv,noheader");
        report.Add(new("what is here", devices.Succeeded ? "ok" : "failed", devices.Command, devices.Seconds, [], [], [.. devices.Output, .. devices.Error, .. driver.Succeeded ? driver.Output : ["no nvidia-smi"]]));
    }

    private void Verify(string kernels, Precision precision)
    {
        string title = $"op cases, --kernels {kernels} --precision {precision.Name()}";
        if (Ablation(title, precision))
            return;
        ChildProcess verify = Child(100, Engine, "verify", "--device", device, "--kernels", kernels, "--precision", precision.Name());
        report.Add(new(title, Outcome(verify, verify.Output.LastOrDefault()), verify.Command, verify.Seconds, [], [], [.. verify.Output, .. verify.Error.Take(40)]));
    }

    /// <summary>Two runs with one seed must end with the same weights, and the CPU must reach the same AUC.</summary>
    private void Training()
    {
        JsonNode? first = Train(device, out ChildProcess run), second = Train(device, out ChildProcess again), onCpu = Train("cpu", out ChildProcess cpu);
        string Text(JsonNode? run, string key) => run?[key]?.ToString() ?? "–";
        string[][] rows = [.. new[] { (device, first), (device, second), ("cpu", onCpu) }.Select(r =>
            new[] { r.Item1, Text(r.Item2, "auc"), Text(r.Item2, "logloss"), Text(r.Item2, "rows_per_second"), Text(r.Item2, "train_seconds"), Text(r.Item2, "weights_hash") })];
        bool complete = first is not null && second is not null;
        string repeat = !complete ? Outcome(run.Succeeded ? again : run, null) : Text(first, "weights_hash") == Text(second, "weights_hash") ? "ok: equal weights" : "failed: weights differ";
        report.Add(new("the same seed twice", repeat, run.Command, run.Seconds + again.Seconds, ["device", "AUC", "logloss", "rows/s", "seconds", "weights"], rows, [.. run.Error.TakeLast(12)]));
        double difference = complete && onCpu is not null ? Math.Abs((double)first!["auc"]! - (double)onCpu["auc"]!) : double.NaN;
        report.Add(new("AUC as on the CPU", double.IsNaN(difference) ? Outcome(cpu, null) : $"{(difference <= AucTolerance ? "ok" : "failed")}: differs by {difference:E1}", cpu.Command, cpu.Seconds, [], [], []));
    }

    private JsonNode? Train(string on, out ChildProcess run)
    {
        string folder = Directory.CreateTempSubdirectory("gpu-box-").FullName;
        run = Child(60, Engine, "train", Path.Combine(Samples, "criteo-small", "shard*.parquet"), "--test", Path.Combine(Samples, "criteo-small", "test.parquet"),
            "--device", on, "--epochs", "2", "--batch-size", "1024", "--seed", "1", "--out", Path.Combine(folder, "run"), "--json");
        Directory.Delete(folder, recursive: true);
        return run.Succeeded && run.Output.Count > 0 ? JsonNode.Parse(run.Output[^1]) : null;
    }

    private StepBench.Row[] Steps(Precision precision, params int[] sizes)
    {
        string title = $"training steps from memory, {precision.Name()}";
        if (Ablation(title, precision))
            return [];
        ChildProcess run = Child(120, Bench, "step", "--device", device, "--precision", precision.Name(), "--only", "deepfm400,din", "--batch-size", string.Join(',', sizes), "--json");
        StepBench.Row[] rows = [.. run.Output.Select(line => JsonSerializer.Deserialize<StepBench.Row>(line)!)];
        report.Add(new(title, Outcome(run, $"{rows.Select(r => (r.Step, r.B)).Distinct().Count()} of {2 * sizes.Length} sizes"), run.Command, run.Seconds, ["step", "B", "ids", "1000 rows/s, median", "spread", "launched"],
            [.. rows.Select(r => new[] { r.Step, $"{r.B}", r.Ids, Number(r.Rate.Median), $"{Number(r.Rate.Least)}–{Number(r.Rate.Most)}", r.Launched })], [.. run.Error.Take(20)]));
        return rows;
    }

    /// <summary>Tensor cores exist only on NVIDIA GPUs.</summary>
    private bool Ablation(string title, Precision precision)
    {
        bool leftOut = precision.OnTensorCores() && !device.StartsWith("cuda", StringComparison.Ordinal);
        if (leftOut)
            report.Add(new(title, "left out: not on this device", "", 0, [], [], []));
        return leftOut;
    }

    private void Kernels()
    {
        ChildProcess run = Child(60, Bench, "kernels", "--device", device, "--only", "deepfm400,din", "--batch-size", "4096", "--json");
        KernelBench.Row[] rows = [.. run.Output.Skip(1).Select(line => JsonSerializer.Deserialize<KernelBench.Row>(line)!)];
        report.Add(new("parts of a step, of what the device can do at best", Outcome(run, run.Output.Count > 0 ? Best(JsonNode.Parse(run.Output[0])!) : null), run.Command, run.Seconds, ["step", "B", "part", "µs", "MB", "GFLOP", "of the floor"],
            [.. rows.Select(r => new[] { r.Step, $"{r.B}", r.Part, Number(r.Microseconds), Number(r.Megabytes), Number(r.Gigaflops), r.Fraction > 0 ? Number(100 * r.Fraction) + " %" : "–" })], [.. run.Error.Take(20)]));
    }

    private static string Best(JsonNode roofline) =>
        $"copies {Number((double)roofline["CopyGigabytesPerSecond"]!)} GB/s, computes {Number((double)roofline["TeraflopsPerSecond"]!)} TFLOP/s";

    private ChildProcess Child(int seconds, string program, params string[] arguments)
    {
        TimeSpan limit = TimeSpan.FromSeconds(seconds);
        return ChildProcess.Run(limit < Left ? limit : Left, program, arguments);
    }

    /// <summary>ok, failed, or out of time, with the results so far.</summary>
    internal static string Outcome(ChildProcess run, string? found) =>
        (run.Succeeded ? "ok" : run.Code is { } code ? $"failed: exit {code}" : "time was up") + (string.IsNullOrEmpty(found) ? "" : $": {found}");

    internal static string Number(double x) => x.ToString(x >= 100 ? "F0" : x >= 1 ? "F1" : "G2", CultureInfo.InvariantCulture);

    private static string Program(string name) => Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? name + ".exe" : name);
}
