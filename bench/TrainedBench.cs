using GpuCtr.Data;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Training;

namespace GpuCtr.Bench;

/// <summary>Whole epochs from memory, cache and Parquet: the cost of the loader for a training that shares its cores.</summary>
internal static class TrainedBench
{
    private const int BatchSize = 4096, ReadyBatches = 40;

    /// <param name="device">Where it trains.</param>
    /// <param name="pattern">Shards.</param>
    /// <param name="hidden">Units of the tower.</param>
    /// <param name="threads">Threads that decode.</param>
    /// <param name="rounds">Epochs from each source, in turns.</param>
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
        using BatchLoader loader = new(device, encoder.Spec, BatchSize);
        Batch[] ready = Ready(device, kept, encoder.Spec);
        MemorySteps steps = new(model, ready);
        int stepsPerEpoch = (int)(shards.Rows / BatchSize);
        (string What, Func<int, (double RowsPerSecond, double Waited)> Epoch)[] ways =
        [
            ("batches that are ready", _ => (steps.RowsPerSecond(stepsPerEpoch), 0)),
            ("rows in memory", epoch => Epoch(model, kept, epoch, loader)),
            ("cache of encoded rows", epoch => Epoch(model, cached, epoch, loader)),
            ("Parquet", epoch => Epoch(model, decoded, epoch, loader)),
        ];
        // For warming up, and for filling cache and memory.
        foreach ((_, Func<int, (double, double)> epoch) in ways)
            epoch(1);
        List<double>[] waits = [.. ways.Select(_ => new List<double>())];
        double[][] rates = Turns.Measure(rounds, [.. ways.Select((w, i) => (Func<int, double>)(round =>
        {
            (double rate, double waited) = w.Epoch(round + 2);
            waits[i].Add(waited);
            return rate;
        }))]);

        Console.WriteLine($"{device}, {DateTime.UtcNow:yyyy-MM-dd}, {pattern}, {shards.Rows:N0} rows, DeepFM {string.Join('-', hidden)}, B {BatchSize}, {rounds} epochs each in turns\n");
        Console.WriteLine("| trained from | 1000 rows/s, median | spread | of rows in memory | loader wait |\n|---|---|---|---|---|");
        for (int w = 0; w < ways.Length; w++)
        {
            Spread ofMemory = Spread.Of(rates[w].Zip(rates[1], (r, m) => r / m));
            Console.WriteLine(FormattableString.Invariant(
                $"| {ways[w].What} | {(Spread.Of(rates[w]) * 1e-3).Cells("F1")} | {ofMemory.Median:P1} | {Spread.Of(waits[w]).Median:P2} |"));
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

    /// <summary>Rows per second, and the share of the time that steps waited for the loader.</summary>
    private static (double RowsPerSecond, double Waited) Epoch(TrainableModel model, Dataset data, int epoch, BatchLoader loader)
    {
        double rows = 0;
        double seconds = Turns.Seconds(() =>
        {
            loader.Start(data.Read(RowPart.All, EpochOrder.Shuffle(1, epoch)));
            while (loader.Next() is { } batch)
            {
                model.TrainStep(batch, 1e-3);
                rows += batch.Rows;
                model.Device.Synchronize();
                loader.Release(batch);
            }
        });
        return (rows / seconds, loader.Waited.TotalSeconds / seconds);
    }
}
