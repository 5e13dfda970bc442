using System.Diagnostics;
using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Bench;

/// <summary>Training steps from memory: rows/s (median and spread over rounds), and where the time goes op by op.</summary>
internal static class StepBench
{
    private const int Rounds = 7, MostBatches = 10;
    private const double RoundSeconds = 0.5;

    /// <summary>A row of the table; rates in 1000 rows/s. The precision stands with the device above the table.</summary>
    public sealed record Row(string Step, int B, string Ids, Precision Precision, double Median, double Least, double Most)
    {
        public override string ToString() => $"| {Step} | {B} | {Ids} | {Median:F1} | {Least:F1}–{Most:F1} |";
    }

    public static Row Run(Device device, Workload workload, bool profile)
    {
        using TrainableModel model = new(device, workload.Spec, workload.Options, workload.BatchSize);
        Batch[] batches = workload.Batches(device, Math.Clamp(MostBatches * 4096 / workload.BatchSize, 3, MostBatches));
        int next = 0;
        double Steps(int count)
        {
            device.Synchronize();
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < count; i++)
                model.TrainStep(batches[next++ % batches.Length], 1e-3);
            device.Synchronize();
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        Steps(batches.Length);
        int stepsPerRound = (int)Math.Clamp(RoundSeconds / Steps(1), 3, 2000);
        double[] rates = [.. Enumerable.Range(0, Rounds).Select(_ => stepsPerRound * workload.BatchSize / Steps(stepsPerRound) / 1e3).Order()];
        if (profile)
            Profile(model, batches);
        foreach (Batch b in batches)
            b.Dispose();
        return new(workload.Name, workload.BatchSize, workload.Ids, device.Precision, rates[Rounds / 2], rates[0], rates[^1]);
    }

    private static void Profile(TrainableModel model, Batch[] batches)
    {
        Dictionary<string, double> times = [];
        model.StepTrace = (name, milliseconds) => times[name] = times.GetValueOrDefault(name) + milliseconds;
        const int steps = 50;
        for (int i = 0; i < steps; i++)
            model.TrainStep(batches[i % batches.Length], 1e-3);
        model.StepTrace = null;
        foreach ((string name, double milliseconds) in times.OrderByDescending(t => t.Value))
            Console.WriteLine($"    {milliseconds / steps,8:F3} ms  {name}");
        Console.WriteLine($"    {times.Values.Sum() / steps,8:F3} ms  in all");
    }
}
