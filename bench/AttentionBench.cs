using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Bench;

/// <summary>Whole training steps of DIN with the fused first layer of its activation unit and with the unfused one, in turns within one run.</summary>
internal static class AttentionBench
{
    private const int BatchCount = 10, ParitySteps = 20;
    private const double Tolerance = 1e-4;

    /// <summary>Prints a table; returns 1 if the two compute different losses.</summary>
    public static int Run(Device device, Workload workload, int rounds, int stepsPerRound)
    {
        using TrainableModel fused = new(device, workload.Spec, workload.Options, workload.BatchSize), unfused = Unfused(device, workload);
        Batch[] batches = workload.Batches(device, BatchCount);
        MemorySteps fusedSteps = new(fused, batches), unfusedSteps = new(unfused, batches);
        double parity = Parity(fusedSteps, unfusedSteps);
        Console.WriteLine($"{device}, {DateTime.UtcNow:yyyy-MM-dd}\n\n{workload.Name}, B {workload.BatchSize}, ids {workload.Ids}; {rounds} rounds of {stepsPerRound} steps each, in turns.");
        Console.WriteLine($"The same weights at the start: losses of {ParitySteps} steps differ by at most {parity:E1} (relative).\n");
        if (!(parity <= Tolerance))
        {
            Console.Error.WriteLine($"losses differ by more than {Tolerance:E0}: the two do not compute the same");
            return 1;
        }

        double[][] rates = Turns.Measure(rounds, _ => fusedSteps.RowsPerSecond(stepsPerRound), _ => unfusedSteps.RowsPerSecond(stepsPerRound));
        Console.WriteLine("| first layer of the activation unit | 1000 rows/s, median | spread | ms a step | memory, MiB |\n|---|---|---|---|---|");
        Report("fused", fused, Spread.Of(rates[0]));
        Report("unfused, (T, 4E) stored", unfused, Spread.Of(rates[1]));
        Console.WriteLine($"\nFused to unfused, median of the rounds: {Spread.Of(rates[0].Zip(rates[1], (f, u) => f / u)).Cell("F2")} times as fast.");
        foreach (Batch b in batches)
            b.Dispose();
        return 0;
    }

    private static TrainableModel Unfused(Device device, Workload workload) => new(device, workload.Spec, workload.Options, workload.BatchSize, null, g =>
    {
        g.OtherFirstLayer = (history, w, beta, z) => new UnfusedFirstLayer(g.Workspace, history, w, beta, z);
        return ModelCatalog.Record(g);
    });

    /// <summary>The largest relative difference of the losses; also warms up both.</summary>
    private static double Parity(MemorySteps fused, MemorySteps unfused)
    {
        double largest = 0;
        for (int step = 0; step < ParitySteps; step++)
        {
            double a = fused.Loss(), b = unfused.Loss();
            // NaN stays.
            largest = Math.Max(largest, Math.Abs(a - b) / Math.Abs(a));
        }
        return largest;
    }

    private static void Report(string name, TrainableModel model, Spread rate)
    {
        double mebibytes = model.MemoryPlan.Sum(p => p.Bytes) / (1024.0 * 1024);
        Console.WriteLine($"| {name} | {(rate * 1e-3).Cells("F1")} | {1e3 * model.BatchSize / rate.Median:F1} | {mebibytes:F0} |");
    }
}
