using System.Globalization;
using GpuCtr.SoftCuda;

namespace GpuCtr.Bench.Counts;

/// <summary>The work of one training step on a GPU, counted kernel by kernel on the CUDA machine in software, and the resulting lower bound of its time.</summary>
internal static class CountBench
{
    private const string Columns = "| kernel | launches | warps | in flight of 64 | lanes of 32 | sectors a request | at best | passes a request | MB needed | MB moved | MFLOP | H100 µs | RTX 4090 µs |";

    /// <summary>Prints a table for each model.</summary>
    /// <param name="only">Names of models; all of them if empty.</param>
    public static int Run(IReadOnlyList<string> only)
    {
        IEnumerable<Workload> workloads = CountedWorkloads.Of(only);
        Machine machine = Machine.Install(new(GpuFloor.H100.Gpu));
        Console.WriteLine($"{DateTime.UtcNow:yyyy-MM-dd}, {machine.Settings.Capability.Name}\n");
        Console.WriteLine(string.Join("\n", GpuFloor.All.Select(g => g.ToString())));
        foreach (Workload workload in workloads)
            Print(workload, CountedStep.Of(machine, workload));
        if (machine.Findings.All.Count == 0)
            return 0;
        Console.Error.WriteLine($"the machine has {machine.Findings.All.Count} findings, the first: {machine.Findings.All[0]}");
        return 1;
    }

    private static void Print(Workload workload, CountedStep step)
    {
        Console.WriteLine($"\n## {workload.Name}, B {workload.BatchSize}, ids {workload.Ids}\n");
        Console.WriteLine($"{step.Launches} launches a step; as a graph {step.GraphLaunches}. The floor of a step, of these in order:\n\n| GPU | bytes and operations, µs | no kernel of a graph below {GpuFloor.GraphMicroseconds} µs | no launch below {GpuFloor.LaunchMicroseconds} µs |\n|---|---|---|---|");
        foreach (GpuFloor gpu in GpuFloor.All)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {gpu.Name} | {step.Floor(gpu, 0):F1} | {step.Floor(gpu, GpuFloor.GraphMicroseconds):F0} | {step.Floor(gpu, GpuFloor.LaunchMicroseconds):F0} |"));
        Console.WriteLine($"\n{Columns}\n|{string.Concat(Enumerable.Repeat("---|", Columns.Count(c => c == '|') - 1))}");
        foreach (KernelCounts kernel in step.Kernels)
            Console.WriteLine(kernel);
    }
}
