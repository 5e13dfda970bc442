using GpuCtr.Bench;
using GpuCtr.Kernels.Devices;

// bench step [--device D] [--threads N] [--profile]: training steps from memory.
string Option(string name, string fallback) => Array.IndexOf(args, name) is >= 0 and int i && i + 1 < args.Length ? args[i + 1] : fallback;
if (args is not ["step", ..])
{
    Console.Error.WriteLine("bench step [--device cpu] [--threads 0] [--only deepfm256|deepfm400|din] [--profile]");
    return 2;
}
using Device device = Device.Open(Option("--device", "cpu"), threads: int.Parse(Option("--threads", "0")));
Console.WriteLine($"{device}, {DateTime.UtcNow:yyyy-MM-dd}\n\n| step | B | ids | 1000 rows/s, median | spread |\n|---|---|---|---|---|");
string only = Option("--only", "");
foreach (Workload workload in new[] { Workload.DeepFm256(0), Workload.DeepFm256(1.05), Workload.DeepFm400(1.05), Workload.Din(1.05) })
    if (only.Length == 0 || workload.Name.Replace(" ", "").StartsWith(only, StringComparison.OrdinalIgnoreCase))
        StepBench.Run(device, workload, args.Contains("--profile"));
return 0;
