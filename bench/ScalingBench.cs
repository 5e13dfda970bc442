using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;

namespace GpuCtr.Bench;

/// <summary>How rows/s depend on the size of the batch, of the tables and of their rows: cost should grow with the touched rows and not with all rows.</summary>
internal static class ScalingBench
{
    /// <summary>Prints a table; ids are uniform, the hardest case for tables.</summary>
    public static int Run(Device device)
    {
        Console.WriteLine($"{device}, {device.Threads} threads, {DateTime.UtcNow:yyyy-MM-dd}; uniform ids, 1000 rows/s, median of seven rounds and spread\n\n| step | B | lazy | replay | dense |\n|---|---|---|---|---|");
        foreach (int batchSize in new[] { 256, 1024, 4096, 16_384, 65_536 })
            Line(device, Workload.DeepFm256(0, batchSize));
        foreach (int rows in new[] { 10_000, 100_000, 10_000_000 })
            Line(device, Workload.DeepFm256(0, rows: rows));
        foreach (int dim in new[] { 4, 8, 32, 64 })
            Line(device, Workload.DeepFm256(0, dim: dim));
        return 0;
    }

    private static void Line(Device device, Workload workload)
    {
        // Dense updates of the largest table take seconds per step.
        EmbeddingUpdate[] updates = [EmbeddingUpdate.Lazy, EmbeddingUpdate.Replay, .. workload.Spec.TotalRows < 5_000_000 ? [EmbeddingUpdate.Dense] : Array.Empty<EmbeddingUpdate>()];
        Console.WriteLine($"| {workload.Name} | {workload.BatchSize} | {string.Join(" | ", updates.Select(u => Cell(device, workload, u)))}{(updates.Length < 3 ? " | –" : "")} |");
    }

    private static string Cell(Device device, Workload workload, EmbeddingUpdate update) =>
        StepBench.Run(device, workload with { Options = workload.Options with { EmbeddingUpdate = update } }, profile: false)[0].Rate.Cell("F1");
}
