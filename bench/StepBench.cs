using System.Diagnostics;
using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Bench;

/// <summary>Training steps from memory: rows/s (median and spread over rounds), and where the time goes op by op.</summary>
internal static class StepBench
{
    private const int Rounds = 7, StepsPerRound = 20, BatchCount = 10;

    public static void Run(Device device, Workload workload, bool profile)
    {
        using CtrModel model = new(device, workload.Spec, workload.Options, workload.BatchSize);
        Batch[] batches = workload.Batches(device, BatchCount);
        int next = 0;
        void Step() => model.TrainStep(batches[next++ % BatchCount], 1e-3);
        for (int i = 0; i < BatchCount; i++)
            Step();
        device.Synchronize();
        double[] rates = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < StepsPerRound; i++)
                Step();
            device.Synchronize();
            rates[round] = StepsPerRound * workload.BatchSize / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        Array.Sort(rates);
        Console.WriteLine($"| {workload.Name} | {workload.BatchSize} | {workload.Ids} | {rates[Rounds / 2] / 1e3:F1} | {rates[0] / 1e3:F1}–{rates[^1] / 1e3:F1} |");
        if (profile)
            Profile(model, batches);
        foreach (Batch b in batches)
            b.Dispose();
    }

    private static void Profile(CtrModel model, Batch[] batches)
    {
        Dictionary<string, double> times = [];
        model.StepTrace = (name, milliseconds) => times[name] = times.GetValueOrDefault(name) + milliseconds;
        const int steps = 50;
        for (int i = 0; i < steps; i++)
            model.TrainStep(batches[i % batches.Length], 1e-3);
        model.StepTrace = null;
        Console.WriteLine();
        foreach ((string name, double milliseconds) in times.OrderByDescending(t => t.Value))
            Console.WriteLine($"    {milliseconds / steps,8:F3} ms  {name}");
        Console.WriteLine($"    {times.Values.Sum() / steps,8:F3} ms  in all");
    }
}
