using System.Diagnostics;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Bench;

/// <summary>Whole training steps of DIN with the fused attention input and with the unfused one, in turns within one run.</summary>
internal static class AttentionBench
{
    private const int BatchCount = 10, ParitySteps = 20;
    private const double LearningRate = 1e-3, Tolerance = 1e-4;

    /// <summary>Prints a table; returns 1 where the two do not compute the same.</summary>
    public static int Run(Device device, Workload workload, int rounds, int stepsPerRound)
    {
        using TrainableModel fused = new(device, workload.Spec, workload.Options, workload.BatchSize), unfused = Unfused(device, workload);
        Batch[] batches = workload.Batches(device, BatchCount);
        double parity = Parity(fused, unfused, batches);
        Console.WriteLine($"{device}, {DateTime.UtcNow:yyyy-MM-dd}\n\n{workload.Name}, B {workload.BatchSize}, ids {workload.Ids}; {rounds} rounds of {stepsPerRound} steps each, in turns.");
        Console.WriteLine($"The same weights at the start: losses of {ParitySteps} steps differ by at most {parity:E1} (relative).\n");
        if (!(parity <= Tolerance))
        {
            Console.Error.WriteLine($"losses differ by more than {Tolerance:E0}: the two do not compute the same");
            return 1;
        }

        double[] fusedRates = new double[rounds], unfusedRates = new double[rounds], ratios = new double[rounds];
        for (int round = 0; round < rounds; round++)
        {
            // Who goes first changes, so that neither profits from what the other leaves behind.
            bool fusedFirst = round % 2 == 0;
            double first = Rate(fusedFirst ? fused : unfused, batches, stepsPerRound), second = Rate(fusedFirst ? unfused : fused, batches, stepsPerRound);
            (fusedRates[round], unfusedRates[round]) = fusedFirst ? (first, second) : (second, first);
            ratios[round] = fusedRates[round] / unfusedRates[round];
        }

        Console.WriteLine("| attention input | 1000 rows/s, median | spread | ms a step | memory, MiB |\n|---|---|---|---|---|");
        Report("fused", fused, fusedRates);
        Report("unfused, (T, 4E) stored", unfused, unfusedRates);
        Array.Sort(ratios);
        Console.WriteLine($"\nFused is {Median(ratios):F2} times as fast (median of the rounds; {ratios[0]:F2}–{ratios[^1]:F2}).");
        foreach (Batch b in batches)
            b.Dispose();
        return 0;
    }

    private static TrainableModel Unfused(Device device, Workload workload) => new(device, workload.Spec, workload.Options, workload.BatchSize, null, g =>
    {
        g.OtherAttentionInput = (history, w, beta, z) => new UnfusedAttentionInput(g.Workspace, history, w, beta, z);
        return ModelCatalog.Record(g);
    });

    /// <summary>The largest relative difference of the losses; also warms up both.</summary>
    private static double Parity(TrainableModel fused, TrainableModel unfused, Batch[] batches)
    {
        double largest = 0;
        for (int step = 0; step < ParitySteps; step++)
        {
            double a = Loss(fused, batches[step % batches.Length]), b = Loss(unfused, batches[step % batches.Length]);
            // NaN stays.
            largest = Math.Max(largest, Math.Abs(a - b) / Math.Abs(a));
        }
        return largest;
    }

    private static double Loss(TrainableModel model, Batch batch)
    {
        model.TrainStep(batch, LearningRate);
        return model.TakeLoss();
    }

    private static double Rate(TrainableModel model, Batch[] batches, int steps)
    {
        long start = Stopwatch.GetTimestamp(), rows = 0;
        for (int i = 0; i < steps; i++)
        {
            Batch batch = batches[i % batches.Length];
            model.TrainStep(batch, LearningRate);
            rows += batch.Rows;
        }
        model.Device.Synchronize();
        return rows / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static void Report(string name, TrainableModel model, double[] rates)
    {
        Array.Sort(rates);
        double mebibytes = model.MemoryPlan.Sum(p => p.Bytes) / (1024.0 * 1024);
        Console.WriteLine($"| {name} | {Median(rates) / 1e3:F1} | {rates[0] / 1e3:F1}–{rates[^1] / 1e3:F1} | {1e3 * model.BatchSize / Median(rates):F1} | {mebibytes:F0} |");
    }

    private static double Median(double[] sorted) => (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
}
