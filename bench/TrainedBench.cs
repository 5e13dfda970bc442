using System.Diagnostics;
using GpuCtr.Engine.Data;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Bench;

/// <summary>Whole epochs from different places: what the loader costs a training that shares its cores.</summary>
internal static class TrainedBench
{
    private const int BatchSize = 4096, ReadyBatches = 40;

    /// <param name="device">Where it trains.</param>
    /// <param name="pattern">Shards.</param>
    /// <param name="hidden">Units of the tower.</param>
    /// <param name="threads">Threads that decode.</param>
    /// <param name="rounds">Epochs from each place, in turns.</param>
    public static int Run(Device device, string pattern, IReadOnlyList<int> hidden, int threads, int rounds)
    {
        ShardSet shards = ShardSet.Resolve([pattern], threads);
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions { Workers = threads }));
        DatasetOptions memory = new() { MemoryBytes = long.MaxValue, Workers = threads };
        using Dataset kept = new(shards, encoder, memory);
        DatasetOptions streaming = memory with { MemoryBytes = kept.EstimatedBytes };
        string cachePath = Path.Combine(Path.GetTempPath(), $"bench-trained-{Environment.ProcessId}");
        using Dataset decoded = new(shards, encoder, streaming), cached = new(shards, encoder, streaming with { CachePath = cachePath });
        using TrainableModel model = new(device, encoder.Spec, ModelCatalog.Defaults("deepfm") with { HiddenUnits = [.. hidden] }, BatchSize);
        using Prefetcher prefetcher = new(device, encoder.Spec, BatchSize);
        Batch[] ready = Ready(device, kept, encoder.Spec);
        int steps = (int)(shards.Rows / BatchSize);
        (string What, Func<int, (double Rows, double Waited)> Epoch)[] ways =
        [
            ("batches that are ready", _ => (Steps(model, ready, steps), 0)),
            ("rows in memory", epoch => Epoch(model, kept, epoch, prefetcher)),
            ("cache of encoded rows", epoch => Epoch(model, cached, epoch, prefetcher)),
            ("Parquet", epoch => Epoch(model, decoded, epoch, prefetcher)),
        ];
        double[][] rates = [.. ways.Select(_ => new double[rounds])], waits = [.. ways.Select(_ => new double[rounds])];
        for (int round = -1; round < rounds; round++)
        {
            for (int w = 0; w < ways.Length; w++)
            {
                long begin = Stopwatch.GetTimestamp();
                (double rows, double waited) = ways[w].Epoch(round + 2);
                double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
                if (round >= 0)
                    (rates[w][round], waits[w][round]) = (rows / seconds, waited / seconds);
            }
        }

        Console.WriteLine($"{device}, {DateTime.UtcNow:yyyy-MM-dd}, {pattern}, {shards.Rows:N0} rows, DeepFM {string.Join('-', hidden)}, B {BatchSize}, {rounds} epochs each in turns\n");
        Console.WriteLine("| trained from | 1000 rows/s, median | spread | of rows in memory | loader wait |\n|---|---|---|---|---|");
        for (int w = 0; w < ways.Length; w++)
        {
            double[] ratios = [.. rates[w].Zip(rates[1], (r, m) => r / m).Order()], sorted = [.. rates[w].Order()];
            Console.WriteLine(FormattableString.Invariant(
                $"| {ways[w].What} | {sorted[rounds / 2] / 1e3:F1} | {sorted[0] / 1e3:F1}–{sorted[^1] / 1e3:F1} | {ratios[rounds / 2]:P1} | {waits[w].Order().ElementAt(rounds / 2):P2} |"));
        }

        foreach (Batch batch in ready)
            batch.Dispose();
        cached.DropCache();
        return 0;
    }

    private static Batch[] Ready(Device device, Dataset data, FeatureSpec spec)
    {
        using EpochReader reader = data.Read(RowPart.All, EpochOrder.Shuffle(1, 1));
        return [.. Enumerable.Range(0, ReadyBatches).Select(_ =>
        {
            Batch batch = new(device, spec, BatchSize);
            reader.Next(batch);
            batch.Prepare();
            return batch;
        })];
    }

    private static double Steps(TrainableModel model, Batch[] ready, int steps)
    {
        for (int i = 0; i < steps; i++)
            model.TrainStep(ready[i % ready.Length], 1e-3);
        model.Device.Synchronize();
        return (double)steps * BatchSize;
    }

    private static (double Rows, double Waited) Epoch(TrainableModel model, Dataset data, int epoch, Prefetcher prefetcher)
    {
        prefetcher.Start(data.Read(RowPart.All, EpochOrder.Shuffle(1, epoch)));
        double rows = 0;
        while (prefetcher.Next() is { } batch)
        {
            model.TrainStep(batch, 1e-3);
            rows += batch.Rows;
            model.Device.Synchronize();
            prefetcher.Release(batch);
        }

        return (rows, prefetcher.Waited.TotalSeconds);
    }
}
