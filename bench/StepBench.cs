using System.Globalization;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Bench;

/// <summary>Training steps from memory: rows/s, and where the time goes op by op.</summary>
internal static class StepBench
{
    private const int Rounds = 7, MostBatches = 10, ProfiledSteps = 50;
    private const double RoundSeconds = 0.5;

    // In the first hundred steps, Adam's bias correction of v changes quickly, and replay applies steps one by one that it later applies at once.
    private const int ReplayWarmUp = 120;

    /// <summary>A row of the table: rates in 1000 rows/s, how the steps were launched, and which fraction of their time the best rates of the device would take for each part. The precision is printed above the table, with the device.</summary>
    public sealed record Row(string Step, int B, string Ids, Precision Precision, Spread Rate, string Launched, double? OfFloor = null)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"| {Step} | {B} | {Ids} | {Rate.Cells("F1")} | {Launched} | {OfFloor:F2} |");
    }

    /// <summary>A row for the usual launch of steps, and if that is as graphs, another row for steps launched op by op.</summary>
    /// <param name="device">Where it runs.</param>
    /// <param name="workload">What it runs.</param>
    /// <param name="profile">Print the time of each part.</param>
    /// <param name="best">Best rates of the device; null: the fraction of the floor stays open.</param>
    public static IReadOnlyList<Row> Run(Device device, Workload workload, bool profile, Roofline? best = null)
    {
        using TrainableModel model = new(device, workload.Spec, workload.Options, workload.BatchSize);
        Batch[] batches = workload.Batches(device, Math.Clamp(MostBatches * 4096 / workload.BatchSize, 3, MostBatches));
        MemorySteps steps = new(model, batches);
        Row Measure()
        {
            steps.Seconds(workload.Options.EmbeddingUpdate == EmbeddingUpdate.Replay ? ReplayWarmUp : batches.Length);
            int count = (int)Math.Clamp(RoundSeconds / steps.Seconds(1), 3, 2000), before = model.Graph.LaunchedSteps;
            Spread rate = Spread.Of(Turns.Measure(Rounds, _ => steps.RowsPerSecond(count))[0]);
            string launched = model.Graph.LaunchedSteps > before ? "as a graph" : model.Graph.Refusal is { } reason ? $"op by op: {reason}" : "op by op";
            return new(workload.Name, workload.BatchSize, workload.Ids, device.Precision, rate * 1e-3, launched, OfFloor(rate));
        }
        double? OfFloor(Spread rate) => best is { } rates ? StepPart.Of(model, batches[0]).Sum(part => rates.Seconds(part.Work)) * rate.Median / workload.BatchSize : null;
        List<Row> rows = [Measure()];
        if (device.Recorder is { } recorder)
        {
            device.Recorder = null;
            rows.Add(Measure());
            device.Recorder = recorder;
        }
        if (profile)
            Profile(model, steps);
        foreach (Batch b in batches)
            b.Dispose();
        return rows;
    }

    private static void Profile(TrainableModel model, MemorySteps steps)
    {
        Dictionary<string, double> times = [];
        model.Recorded.Traced = (name, milliseconds) => times[name] = times.GetValueOrDefault(name) + milliseconds;
        steps.Seconds(ProfiledSteps);
        model.Recorded.Traced = null;
        foreach ((string name, double milliseconds) in times.OrderByDescending(t => t.Value))
            Console.WriteLine($"    {milliseconds / ProfiledSteps,8:F3} ms  {name}");
        Console.WriteLine($"    {times.Values.Sum() / ProfiledSteps,8:F3} ms  in all");
    }
}
