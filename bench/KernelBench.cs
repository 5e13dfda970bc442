using System.Text.Json;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Bench;

/// <summary>Every part of a training step alone: its time, and the fraction of the device's best possible rate.</summary>
internal static class KernelBench
{
    private const int Rounds = 5;
    private const double RoundSeconds = 0.02;

    /// <summary>A row of the table.</summary>
    public sealed record Row(string Step, int B, string Part, double Microseconds, double Megabytes, double Gigaflops, double Fraction);

    public static void Run(Device device, IEnumerable<Workload> workloads, bool json)
    {
        Roofline roofline = Roofline.Measure(device);
        if (json)
            Console.WriteLine(JsonSerializer.Serialize(new { CopyGigabytesPerSecond = roofline.CopyBytesPerSecond / 1e9, TeraflopsPerSecond = roofline.FlopsPerSecond / 1e12 }));
        else
            Console.WriteLine($"{device}: copies {roofline.CopyBytesPerSecond / 1e9:F1} GB/s, computes {roofline.FlopsPerSecond / 1e12:F2} TFLOP/s\n\n| step | B | part | µs | MB | GFLOP | of the floor |\n|---|---|---|---|---|---|---|");
        foreach (Workload workload in workloads)
            foreach (Row row in Measure(device, workload, roofline))
                Console.WriteLine(json ? JsonSerializer.Serialize(row)
                    : $"| {row.Step} | {row.B} | {row.Part} | {row.Microseconds:F1} | {row.Megabytes:F2} | {row.Gigaflops:F3} | {(row.Fraction > 0 ? $"{row.Fraction:P0}" : "–")} |");
    }

    private static IEnumerable<Row> Measure(Device device, Workload workload, Roofline roofline)
    {
        using TrainableModel model = new(device, workload.Spec, workload.Options, workload.BatchSize);
        Batch batch = workload.Batches(device, 1)[0];
        model.TrainStep(batch, 1e-3);
        model.TrainStep(batch, 1e-3);
        foreach (StepPart part in StepPart.Of(model, batch))
        {
            double seconds = Seconds(device, part.Run), floor = roofline.Seconds(part.Work);
            yield return new(workload.Name, workload.BatchSize, part.Name, seconds * 1e6, part.Work.Bytes / 1e6, part.Work.Flops / 1e9, floor / seconds);
        }
        batch.Dispose();
    }

    /// <summary>Median over rounds; a round is consecutive runs for 20 ms.</summary>
    private static double Seconds(Device device, Action run)
    {
        run();
        double once = Time(device, run, 1);
        int runs = (int)Math.Clamp(RoundSeconds / once, 1, 500);
        return Spread.Of(Enumerable.Range(0, Rounds).Select(_ => Time(device, run, runs))).Median;
    }

    private static double Time(Device device, Action run, int runs)
    {
        device.Synchronize();
        return Turns.Seconds(() =>
        {
            for (int i = 0; i < runs; i++)
                run();
            device.Synchronize();
        }) / runs;
    }
}
