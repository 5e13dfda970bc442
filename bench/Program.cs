using GpuCtr.Bench;
using GpuCtr.Kernels.Devices;

// bench step [--device D] [--threads N] [--profile]: training steps from memory.
// bench matmul: the products of dense layers, by BenchmarkDotNet.
// bench attention [--threads N] [--rounds N] [--steps N]: a step of DIN with the fused and with the unfused attention input.
string Option(string name, string fallback) => Array.IndexOf(args, name) is >= 0 and int i && i + 1 < args.Length ? args[i + 1] : fallback;
if (args is ["matmul", ..])
{
    MatMulBench.Run();
    return 0;
}
if (args is not ["step" or "attention", ..])
{
    Console.Error.WriteLine("bench step [--device cpu] [--threads 0] [--only deepfm256|deepfm400|din] [--profile]\nbench attention [--threads 0] [--rounds 7] [--steps 20]\nbench matmul");
    return 2;
}
using Device device = Device.Open(Option("--device", "cpu"), threads: int.Parse(Option("--threads", "0")));
if (args[0] == "attention")
    return AttentionBench.Run(device, Workload.Din(1.05), int.Parse(Option("--rounds", "7")), int.Parse(Option("--steps", "20")));
Console.WriteLine($"{device}, {DateTime.UtcNow:yyyy-MM-dd}\n\n| step | B | ids | 1000 rows/s, median | spread |\n|---|---|---|---|---|");
string only = Option("--only", "");
foreach (Workload workload in new[] { Workload.DeepFm256(0), Workload.DeepFm256(1.05), Workload.DeepFm400(1.05), Workload.Din(1.05) })
    if (only.Length == 0 || workload.Name.Replace(" ", "").StartsWith(only, StringComparison.OrdinalIgnoreCase))
        StepBench.Run(device, workload, args.Contains("--profile"));
return 0;
