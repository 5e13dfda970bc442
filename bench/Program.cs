using GpuCtr.Bench;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;

// bench step [--device D] [--threads N] [--only NAME] [--embedding-update lazy|dense] [--profile]: training steps from memory.
// bench export --only NAME --out FILE: first weights, batches and losses of a workload, for the peers of bench/peers.
// bench matmul: the products of dense layers, by BenchmarkDotNet.
// bench score [--only deepfm256|deepfm400|din] [--seconds S]: latency and throughput of Scorer, beside ONNX Runtime.
// bench attention [--threads N] [--rounds N] [--steps N]: a step of DIN with the fused and with the unfused attention input.
string Option(string name, string fallback) => Array.IndexOf(args, name) is >= 0 and int i && i + 1 < args.Length ? args[i + 1] : fallback;
if (args is ["matmul", ..])
{
    MatMulBench.Run();
    return 0;
}
if (args is ["score", ..])
    return ScoreBench.Run(Option("--only", ""), double.Parse(Option("--seconds", "3"), System.Globalization.CultureInfo.InvariantCulture));
if (args is not ["step" or "attention" or "export", ..])
{
    Console.Error.WriteLine("bench step [--device cpu] [--threads 0] [--only deepfm256|deepfm256-zipf|deepfm400|din] [--embedding-update lazy] [--profile]\nbench export --only NAME --out FILE\nbench attention [--threads 0] [--rounds 7] [--steps 20]\nbench score [--only deepfm256|deepfm400|din] [--seconds 3]\nbench matmul");
    return 2;
}
using Device device = Device.Open(Option("--device", "cpu"), threads: int.Parse(Option("--threads", "0")));
if (args[0] == "attention")
    return AttentionBench.Run(device, Workload.Din(1.05), int.Parse(Option("--rounds", "7")), int.Parse(Option("--steps", "20")));
string only = Option("--only", "");
(string Name, Workload Workload)[] chosen = [.. Workload.Steps.Where(s => only.Length == 0 || s.Name == only)];
if (chosen.Length == 0)
{
    Console.Error.WriteLine($"--only {only}: not one of {string.Join(", ", Workload.Steps.Select(s => s.Name))}");
    return 2;
}
if (args[0] == "export")
{
    WorkloadFile.Write(Option("--out", "workload.safetensors"), device, chosen[0].Workload);
    return 0;
}
Console.WriteLine($"{device}, {DateTime.UtcNow:yyyy-MM-dd}\n\n| step | B | ids | 1000 rows/s, median | spread |\n|---|---|---|---|---|");
EmbeddingUpdate update = Enum.Parse<EmbeddingUpdate>(Option("--embedding-update", "lazy"), ignoreCase: true);
foreach ((_, Workload workload) in chosen)
    StepBench.Run(device, workload with { Options = workload.Options with { EmbeddingUpdate = update } }, args.Contains("--profile"));
return 0;
