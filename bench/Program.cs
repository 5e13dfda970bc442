using System.Globalization;
using System.Text.Json;
using GpuCtr.Bench;
using GpuCtr.Bench.Box;
#if !BUNDLE
using GpuCtr.Bench.Counts;
using GpuCtr.Bench.Ops;
#endif
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Ranks;

const string usage = """
    bench step [--device cpu] [--threads 0] [--only NAME,…] [--batch-size N,…] [--embedding-update lazy|dense|replay] [--optimizer NAME] [--precision fp32|tf32|bf16] [--profile] [--json]
        training steps from memory
    bench kernels [--device cpu] [--threads 0] [--only NAME,…] [--batch-size N,…] [--json]
        every part of a step by itself, as a fraction of what the device can do at best
    bench scaling [--device cpu] [--threads 0]
        training steps by size of the batch, of the tables and of their rows, with every kind of table update
    bench ladder [--device cpu] [--threads 0] [--rows 400000] [--rounds 5]
        copy, loader, steps, and loader and steps together, on generated shards
    bench export --only NAME --out FILE [--batch-size N]
        first weights, batches and losses of a workload, for the peers of bench/peers
    bench attention [--threads 0] [--rounds 7] [--steps 20]
        a step of DIN with the fused and with the unfused first layer of its activation unit
    bench gru [--device cpu] [--threads 0]
        a GRU over histories of 50, forward and backward, as a fraction of what the device can do at best
    bench rank [--device cpu] [--threads 0]
        ranks, best items and scores of candidates among 12,000 items, as fractions of what the device can do at best
    bench ops [--device cpu,…] [--kernels auto,…] [--filter GLOB,…] [--job short|dry]
        every op by BenchmarkDotNet; dry: once each on small shapes, to see that all of them run
    bench counts [--only MODEL,…]
        what a step makes a GPU do, kernel by kernel, on a CUDA machine in software
    bench score [--only deepfm256|deepfm400|din] [--seconds 3]
        latency and throughput of CtrModel, beside ONNX Runtime
    bench candidates [--only deepfm256|deepfm400|din] [--rounds 200]
        500 candidates of one user on one thread: Rank, Score of all and of each row, ONNX Runtime
    bench loader SHARDS… [--threads 0] [--only WHAT]
        the loader without training: rows/s from Parquet, cache and memory, beside another reader
    bench checkpoint [--rows 4000000] [--rounds 5] [--folder .]
        tensors of a checkpoint to disk and back, beside plain copies
    bench trained SHARDS [--threads 0] [--hidden 400,400,400] [--rounds 5]
        epochs from Parquet, cache and memory in turns
    mpirun -n N bench mpi
        all-to-all and all-reduce of 16 MiB between ranks, beside a copy in memory
    bench box [--device cuda] [--out results] [--seconds 465] [--scale full|small]
        everything there is to find out about a device within eight minutes: gpu-box.sh of the bundle runs this
    """;
string Option(string name, string fallback) => Array.IndexOf(args, name) is >= 0 and int i && i + 1 < args.Length ? args[i + 1] : fallback;
string[] List(string name, string fallback) => Option(name, fallback).Split(',', StringSplitOptions.RemoveEmptyEntries);
int Number(string name, string fallback) => int.Parse(Option(name, fallback), CultureInfo.InvariantCulture);

if (Option("--job", "short") is not ("short" or "dry") || args is not ["step" or "kernels" or "scaling" or "ladder" or "export" or "attention" or "gru" or "rank" or "ops" or "counts" or "score" or "candidates" or "box" or "checkpoint" or "mpi", ..] and not ["loader" or "trained", _, ..])
{
    Console.Error.WriteLine($"{usage}\n\nNAME: {string.Join(", ", Workload.Steps.Select(s => s.Name))}");
    return 2;
}
try
{
    return Measure();
}
catch (Exception e) when (e is DeviceException or FormatException or ArgumentException)
{
    Console.Error.WriteLine(e.Message);
    return e is DeviceException ? 6 : 2;
}

int Measure()
{
    if (args[0] == "box")
        return BoxRun.Run(Option("--device", "cuda"), Option("--out", "results"), TimeSpan.FromSeconds(Number("--seconds", "465")), BoxScale.Of(Option("--scale", "full")));
    if (args[0] == "mpi")
    {
        Launcher launcher = Launcher.Current ?? throw new ArgumentException("no launcher: `mpirun -n 2 dotnet run --project bench --no-build -- mpi`");
        launcher.LeaveTerminal();
        return RankRun.Run(launcher, MpiBench.Run, static e => (1, e.Message), Console.Error);
    }
#if !BUNDLE
    if (args[0] == "ops")
        return OpBench.Run(List("--device", "cpu"), List("--kernels", "auto"), List("--filter", ""), dry: Option("--job", "short") == "dry");
    if (args[0] == "counts")
        return CountBench.Run(List("--only", ""));
    if (args[0] == "score")
        return ScoreBench.Run(Option("--only", ""), double.Parse(Option("--seconds", "3"), CultureInfo.InvariantCulture));
    if (args[0] == "candidates")
        return CandidateBench.Run(Option("--only", ""), Number("--rounds", "200"));
#endif
    using Device device = Device.Open(Option("--device", "cpu"), threads: Number("--threads", "0"), precision: Enum.Parse<Precision>(Option("--precision", "fp32"), ignoreCase: true));
#if !BUNDLE
    int loaders = Number("--threads", "0") is > 0 and int n ? n : Environment.ProcessorCount;
    if (args[0] == "loader")
        return LoaderBench.Run(device, [.. args.Skip(1).TakeWhile(a => !a.StartsWith('-'))], loaders, Option("--only", ""));
    if (args[0] == "checkpoint")
    {
        CheckpointBench.Run(device, Number("--rows", "4000000"), Number("--rounds", "5"), Option("--folder", "."));
        return 0;
    }
    if (args[0] == "trained")
        return TrainedBench.Run(device, args[1], [.. Option("--hidden", "400,400,400").Split(',').Select(int.Parse)], loaders, Number("--rounds", "5"));
#endif
    if (args[0] == "scaling")
        return ScalingBench.Run(device);
#if !BUNDLE
    if (args[0] == "ladder")
        return LadderBench.Run(device, Number("--rows", "400000"), Number("--rounds", "5"));
#endif
    if (args[0] == "gru")
        return GruBench.Run(device);
    if (args[0] == "rank")
        return RankBench.Run(device);
    if (args[0] == "attention")
        return AttentionBench.Run(device, Workload.Din(1.05), Number("--rounds", "7"), Number("--steps", "20"));

    string[] names = List("--only", "");
    if (names.Except(Workload.Steps.Select(s => s.Name)).FirstOrDefault() is { } unknown)
    {
        Console.Error.WriteLine($"--only {unknown}: not one of {string.Join(", ", Workload.Steps.Select(s => s.Name))}");
        return 2;
    }
    int[] sizes = [.. List("--batch-size", "").Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
    EmbeddingUpdate? update = Option("--embedding-update", "") is { Length: > 0 } name ? Enum.Parse<EmbeddingUpdate>(name, ignoreCase: true) : null;
    OptimizerKind? optimizer = Option("--optimizer", "") is { Length: > 0 } rule ? Enum.Parse<OptimizerKind>(rule, ignoreCase: true) : null;
    Workload[] named = [.. Workload.Steps.Where(s => names.Length == 0 || names.Contains(s.Name)).Select(s => s.Workload).Select(w => w with { Options = w.Options with { EmbeddingUpdate = update ?? w.Options.EmbeddingUpdate, Optimizer = optimizer ?? w.Options.Optimizer } })];
    if (Option("--dropout", "") is { Length: > 0 } share)
        named = [.. named.Select(w => w with { Options = w.Options with { Dropout = double.Parse(share, CultureInfo.InvariantCulture) } })];
    // Size by size, so that a time limit cuts the large ones.
    Workload[] chosen = sizes.Length == 0 ? named : [.. sizes.SelectMany(size => named.Select(w => w with { BatchSize = size }))];
    bool json = args.Contains("--json");
    switch (args[0])
    {
        case "export":
            WorkloadFile.Write(Option("--out", "workload.safetensors"), device, chosen[0]);
            break;
        case "kernels":
            KernelBench.Run(device, chosen, json);
            break;
        default:
            if (!json)
                Console.WriteLine($"{device}, {DateTime.UtcNow:yyyy-MM-dd}\n\n| step | B | ids | 1000 rows/s, median | spread | launched | fraction of the floor |\n|---|---|---|---|---|---|---|");
            Roofline? best = json ? null : Roofline.Measure(device);
            foreach (Workload workload in chosen)
                foreach (StepBench.Row row in StepBench.Run(device, workload, args.Contains("--profile"), best))
                    Console.WriteLine(json ? JsonSerializer.Serialize(row) : row.ToString());
            break;
    }
    return 0;
}
