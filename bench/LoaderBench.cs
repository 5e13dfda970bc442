using GpuCtr.Data;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models.Features;
using GpuCtr.Training;

namespace GpuCtr.Bench;

/// <summary>The loader without training: rows/s from Parquet, from the cache of encoded rows and from memory, compared with another reader.</summary>
internal static class LoaderBench
{
    private const int BatchSize = 4096, Rounds = 5;

    /// <param name="device">For the batches.</param>
    /// <param name="patterns">Sets of shards; each is measured separately.</param>
    /// <param name="threads">Threads that decode.</param>
    /// <param name="only">Substring of the names of measurements; empty = all.</param>
    public static int Run(Device device, IReadOnlyList<string> patterns, int threads, string only)
    {
        Console.WriteLine($"{DateTime.UtcNow:yyyy-MM-dd}, {threads} decoding threads, batches of {BatchSize}, median of {Rounds} (spread)\n");
        Console.WriteLine("| shards | what | 1000 rows/s | GB/s of file | GB/s of encoded rows |\n|---|---|---|---|---|");
        foreach (string pattern in patterns)
            Measure(device, pattern, threads, only);
        return 0;
    }

    private static void Measure(Device device, string pattern, int threads, string only)
    {
        ShardSet shards = ShardSet.Resolve([pattern], threads);
        FeaturePlan plan = FeaturePlan.Infer(shards, new FeatureOptions { Workers = threads });
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, plan);
        string[] columns = [.. plan.Columns.Select(c => c.Name).Distinct()];
        string cachePath = Path.Combine(Path.GetTempPath(), $"bench-loader-{Environment.ProcessId}");
        // Windows of a third of the data, so that rows are streamed.
        DatasetOptions memory = new() { MemoryBytes = long.MaxValue, Workers = threads };
        using Dataset kept = new(shards, encoder, memory);
        DatasetOptions streaming = memory with { MemoryBytes = kept.EstimatedBytes };
        using Dataset decoded = new(shards, encoder, streaming), cached = new(shards, encoder, streaming with { CachePath = cachePath });
        using Batch batch = new(device, encoder.Spec, BatchSize);
        using BatchLoader loader = new(device, encoder.Spec, BatchSize);
        (string What, Action<int> Pass)[] ways =
        [
            ("fit", _ => FeatureEncoder.Fit(shards, plan)),
            ("columns by ParquetSharp", _ => OtherReader.ReadAll(shards, columns, threads)),
            ("columns", _ => ReadColumns(shards, columns, threads)),
            ("batches, Parquet", epoch => Gather(decoded, epoch, batch)),
            ("batches, cache", epoch => Gather(cached, epoch, batch)),
            ("batches, memory", epoch => Gather(kept, epoch, batch)),
            ("batches prepared, Parquet", epoch => Prepare(decoded, epoch, loader)),
            ("batches prepared, cache", epoch => Prepare(cached, epoch, loader)),
            ("batches prepared, memory", epoch => Prepare(kept, epoch, loader)),
        ];
        ways = [.. ways.Where(w => w.What.Contains(only, StringComparison.Ordinal))];
        // For warming up, and for filling cache and memory.
        foreach ((_, Action<int> pass) in ways)
            pass(1);
        double[][] seconds = Turns.Measure(Rounds, [.. ways.Select(w => (Func<int, double>)(round => Turns.Seconds(() => w.Pass(round + 2))))]);

        double fileBytes = shards.Shards.Sum(s => (double)s.LengthBytes);
        foreach ((string what, Spread s) in ways.Zip(seconds, (w, s) => (w.What, Spread.Of(s))))
            Console.WriteLine(FormattableString.Invariant(
                $"| {pattern} | {what} | {Spread.Rate(shards.Rows / 1e3, s).Cell("N0")} | {fileBytes / 1e9 / s.Median:F3} | {kept.EstimatedBytes / 1e9 / s.Median:F2} |"));

        cached.DropCache();
    }

    private static void ReadColumns(ShardSet shards, string[] columns, int threads)
    {
        using ThreadLocal<ColumnBuffer> buffers = new(() => new ColumnBuffer());
        Parallel.ForEach(shards.RowGroups, new ParallelOptions { MaxDegreeOfParallelism = threads }, group =>
        {
            using ShardReader reader = shards.Shards[group.Shard].Rent();
            foreach (string column in columns)
                reader.Read(group.Group, column, buffers.Value!);
        });
    }

    private static void Gather(Dataset data, int epoch, Batch batch)
    {
        using EpochReader reader = data.Read(RowPart.All, EpochOrder.Shuffle(1, epoch));
        while (reader.Next(batch))
        {
        }
    }

    private static void Prepare(Dataset data, int epoch, BatchLoader loader)
    {
        loader.Start(data.Read(RowPart.All, EpochOrder.Shuffle(1, epoch)));
        while (loader.Next() is { } batch)
            loader.Release(batch);
    }
}
