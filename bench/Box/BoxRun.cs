using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Engine;
using GpuCtr.Kernels.Devices;
using GpuCtr.Training.Explanations;
using Section = GpuCtr.Bench.Box.BoxReport.Section;

namespace GpuCtr.Bench.Box;

/// <summary>Checks a machine's device within eight minutes: is it correct, is it repeatable, how fast is it, also compared with PyTorch.</summary>
/// <remarks>
/// Each question runs in its own process with a time limit, so that a crash or a hang costs only its own answer. The most important come first,
/// and their limits fit in the total; the others use the time that is left. The files are written after every answer.
/// </remarks>
internal sealed class BoxRun
{
    private const double AucTolerance = 5e-4;

    private readonly string device;
    private readonly BoxScale scale;
    private readonly TimeSpan budget;
    private readonly BoxReport report;
    private readonly long start = System.Diagnostics.Stopwatch.GetTimestamp();

    private BoxRun(string device, BoxScale scale, string folder, TimeSpan budget) => (this.device, this.scale, this.budget, report) = (device, scale, budget, new BoxReport(device, folder));

    private static string Engine => Program("gpu-ctr");

    private static string Bench => Program("bench");

    private static string Samples => Above("samples");

    private TimeSpan Left => budget - System.Diagnostics.Stopwatch.GetElapsedTime(start);

    /// <summary>Asks all questions and writes results.md and results.json; 0 when nothing failed.</summary>
    /// <param name="device">As for gpu-ctr --device.</param>
    /// <param name="folder">Where the files go.</param>
    /// <param name="budget">Limit of the total time, on the full scale.</param>
    /// <param name="scale">How much is run.</param>
    public static int Run(string device, string folder, TimeSpan budget, BoxScale scale)
    {
        BoxRun run = new(device, scale, folder, budget * scale.Patience);
        run.Important();
        run.Rest();
        Console.WriteLine($"{Path.GetFullPath(folder)}: results.md, results.json\n\n{run.report.Summary()}");
        return run.report.Failed ? 1 : 0;
    }

    private StepBench.Row[] steps = [];

    /// <summary>Limits of 440 s together.</summary>
    private void Important()
    {
        Devices();
        Verify("auto", Precision.Fp32, 80);
        Verify("auto", Precision.Tf32, 35);
        Verify("auto", Precision.Bf16, 35);
        Training(30);
        steps = [.. Steps(Precision.Fp32, 80, scale.Sizes), .. Steps(Precision.Tf32, 30, scale.TensorSizes), .. Steps(Precision.Bf16, 30, scale.TensorSizes)];
        Kernels(40);
    }

    /// <summary>Kernels that are not used by default, and PyTorch. On CUDA, auto is tiled, with cuBLAS if available.</summary>
    private void Rest()
    {
        Verify("tiled", Precision.Tf32, 60);
        Verify("tiled", Precision.Bf16, 60);
        Verify("tiled", Precision.Fp32, 100);
        foreach (Section s in BoxPeers.Compare(device, steps, scale, Bench, Limit))
            report.Add(s);
        Verify("portable", Precision.Fp32, 100);
    }

    private void Devices()
    {
        ChildProcess devices = Child(15, Engine, "devices"), driver = Child(5, "nvidia-smi", "--query-gpu=name,driver_version,memory.total,clocks.max.sm,power.limit", "--format=csv,noheader");
        report.Add(new("what is here", devices.Succeeded ? "ok" : "failed", devices.Command, devices.Seconds, [], [], [.. devices.Output, .. devices.Error, .. driver.Succeeded ? driver.Output : ["no nvidia-smi"]]));
    }

    private void Verify(string kernels, Precision precision, int seconds)
    {
        string title = $"op cases, --kernels {kernels} --precision {precision.Name()}";
        if (Ablation(title, precision))
            return;
        ChildProcess verify = Child(seconds, Engine, ["verify", "--device", device, "--kernels", kernels, "--precision", precision.Name(), .. scale.Cases.Length > 0 ? ["--only", scale.Cases] : Array.Empty<string>()]);
        report.Add(new(title, Outcome(verify, verify.Output.LastOrDefault()), verify.Command, verify.Seconds, [], [], [.. verify.Output, .. verify.Error.Take(40)]));
    }

    /// <summary>Two runs with one seed must end with the same weights, and the CPU must reach the same AUC.</summary>
    private void Training(int seconds)
    {
        JsonNode? first = Train(device, seconds, out ChildProcess run), second = Train(device, seconds, out ChildProcess again), onCpu = Train("cpu", seconds, out ChildProcess cpu);
        string Text(JsonNode? run, string key) => run?[key]?.ToString() ?? "–";
        string[][] rows = [.. new[] { (device, first), (device, second), ("cpu", onCpu) }.Select(r =>
            new[] { r.Item1, Text(r.Item2, "auc"), Text(r.Item2, "logloss"), Text(r.Item2, "rows_per_second"), Text(r.Item2, "train_seconds"), Text(r.Item2, "weights_hash") })];
        bool complete = first is not null && second is not null;
        string repeat = !complete ? Outcome(run.Succeeded ? again : run, null) : Text(first, "weights_hash") == Text(second, "weights_hash") ? "ok: equal weights" : "failed: weights differ";
        report.Add(new("the same seed twice", repeat, run.Command, run.Seconds + again.Seconds, ["device", "AUC", "logloss", "rows/s", "seconds", "weights"], rows, [.. run.Error.TakeLast(12)]));
        double difference = complete && onCpu is not null ? Math.Abs((double)first!["auc"]! - (double)onCpu["auc"]!) : double.NaN;
        report.Add(new("AUC as on the CPU", double.IsNaN(difference) ? Outcome(cpu, null) : $"{(difference <= AucTolerance ? "ok" : "failed")}: differs by {difference:E1}", cpu.Command, cpu.Seconds, [], [], []));
    }

    private JsonNode? Train(string on, int seconds, out ChildProcess run)
    {
        string folder = Directory.CreateTempSubdirectory("gpu-box-").FullName;
        run = Child(seconds, Engine,
            ["train", Path.Combine(Samples, "criteo-small", scale.Shards), "--test", Path.Combine(Samples, "criteo-small", "test.parquet"),
            "--device", on, .. scale.Training, "--seed", "1", "--out", Path.Combine(folder, "run"), "--json"]);
        Directory.Delete(folder, recursive: true);
        return run.Succeeded && run.Output.Count > 0 ? JsonNode.Parse(run.Output[^1]) : null;
    }

    private StepBench.Row[] Steps(Precision precision, int seconds, int[] sizes)
    {
        string title = $"training steps from memory, {precision.Name()}";
        if (Ablation(title, precision))
            return [];
        ChildProcess run = Child(seconds, Bench, "step", "--device", device, "--precision", precision.Name(), "--only", scale.Workloads, "--batch-size", string.Join(',', sizes), "--json");
        StepBench.Row[] rows = [.. run.Output.Select(line => JsonSerializer.Deserialize<StepBench.Row>(line)!)];
        report.Add(new(title, Outcome(run, $"{rows.Select(r => (r.Step, r.B)).Distinct().Count()} of {scale.Workloads.Split(',').Length * sizes.Length} sizes"), run.Command, run.Seconds, ["step", "B", "ids", "1000 rows/s, median", "spread", "launched"],
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

    private void Kernels(int seconds)
    {
        ChildProcess run = Child(seconds, Bench, "kernels", "--device", device, "--only", scale.Workloads, "--batch-size", $"{scale.PartSize}", "--json");
        KernelBench.Row[] rows = [.. run.Output.Skip(1).Select(line => JsonSerializer.Deserialize<KernelBench.Row>(line)!)];
        report.Add(new("parts of a step, of what the device can do at best", Outcome(run, run.Output.Count > 0 ? Best(JsonNode.Parse(run.Output[0])!) : null), run.Command, run.Seconds, ["step", "B", "part", "µs", "MB", "GFLOP", "of the floor"],
            [.. rows.Select(r => new[] { r.Step, $"{r.B}", r.Part, Number(r.Microseconds), Number(r.Megabytes), Number(r.Gigaflops), r.Fraction > 0 ? Number(100 * r.Fraction) + " %" : "–" })], [.. run.Error.Take(20)]));
    }

    private static string Best(JsonNode roofline) =>
        $"copies {Number((double)roofline["CopyGigabytesPerSecond"]!)} GB/s, computes {Number((double)roofline["TeraflopsPerSecond"]!)} TFLOP/s";

    private TimeSpan Limit(TimeSpan limit) => limit * scale.Patience < Left ? limit * scale.Patience : Left;

    private ChildProcess Child(int seconds, string program, params string[] arguments) => ChildProcess.Run(Limit(TimeSpan.FromSeconds(seconds)), program, arguments);

    /// <summary>ok, failed, or out of time, with the results so far.</summary>
    internal static string Outcome(ChildProcess run, string? found) =>
        (run.Succeeded ? "ok" : run.Code is { } code ? $"failed: exit {code}" : "time was up") + (string.IsNullOrEmpty(found) ? "" : $": {found}");

    internal static string Number(double x) => x.ToString(x >= 100 ? "F0" : x >= 1 ? "F1" : "G2", CultureInfo.InvariantCulture);

    /// <summary>A folder beside this program's in a bundle, or above it in the repository.</summary>
    internal static string Above(string name)
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !Directory.Exists(Path.Combine(at.FullName, name)))
            at = at.Parent;
        return Path.Combine(at?.FullName ?? "", name);
    }

    private static string Program(string name) => Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? name + ".exe" : name);
}
