using System.Diagnostics;
using System.Globalization;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Datagen;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Training;

namespace GpuCtr.Bench;

/// <summary>
/// The bounds of training, all in rows/s: copying the bytes of encoded rows, the loader alone, training steps alone,
/// and both together as in a run. Each bounds the next; a figure above its bound indicates a wrong measurement.
/// </summary>
internal sealed class LadderBench : IDisposable
{
    private const int BatchSize = 4096, BatchCount = 10, CopyBytes = 256 << 20, StepsPerRound = 40;

    private readonly Device device;
    private readonly Dataset data;
    private readonly TrainableModel model;
    private readonly BatchLoader loader;

    private LadderBench(Device device, string shards)
    {
        this.device = device;
        ShardSet set = ShardSet.Resolve([shards]);
        data = new Dataset(set, FeatureEncoder.Fit(set, FeaturePlan.Infer(set, new FeatureOptions())));
        model = new TrainableModel(device, data.Encoder.Spec, ModelCatalog.Defaults("deepfm") with { HiddenUnits = [256, 128, 64] }, BatchSize);
        loader = new BatchLoader(device, model.Spec, BatchSize, slotCount: 4);
    }

    /// <summary>Generates shards, climbs the ladder <paramref name="rounds"/> times and prints medians with their spread.</summary>
    public static int Run(Device device, int rows, int rounds)
    {
        string folder = Directory.CreateTempSubdirectory("ladder").FullName;
        try
        {
            string[] synth = ["synth", "--schema", "criteo", "--numeric", "13", "--categorical", "26", "--rows", $"{rows}", "--shards", "4", "--test-rows", "1000", "--out", folder];
            if (DatagenCommandLine.RunAsync(synth, TextWriter.Null, Console.Error).Result != 0)
                return 1;
            using LadderBench ladder = new(device, Path.Combine(folder, "shard-*.parquet"));
            ladder.Climb(rounds);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private void Climb(int rounds)
    {
        // The first epoch decodes; its blocks stay in memory for all others.
        double decoding = Epoch(0, train: false);
        Batch[] batches = [.. Enumerable.Range(0, BatchCount).Select(_ => new Batch(device, model.Spec, BatchSize))];
        using (EpochReader reader = data.Read(RowPart.All, EpochOrder.Shuffle(1, 1)))
            foreach (Batch batch in batches)
            {
                reader.Next(batch);
                batch.Prepare();
            }
        Epoch(1, train: true);
        MemorySteps steps = new(model, batches);
        (string What, Func<int, double> RowsPerSecond)[] rungs =
        [
            ("copy of the encoded rows, one thread", _ => Copy()),
            ("loader alone: gather, check, sort, hand over", round => Epoch(round, train: false)),
            ("training steps alone, batches in memory", _ => steps.RowsPerSecond(StepsPerRound)),
            ("end to end: loader and steps together", round => Epoch(round, train: true)),
        ];
        double[][] rates = Turns.Measure(rounds, [.. rungs.Select(r => r.RowsPerSecond)]);
        Console.WriteLine(Invariant($"{device}, {device.Threads} threads, {DateTime.UtcNow:yyyy-MM-dd}: {model.Options.Model}, {model.Spec.F} + {model.Spec.N} fields, {model.Spec.TotalRows:N0} table rows, D {model.Options.EmbeddingDim}, {string.Join('-', model.Options.HiddenUnits)}, B {BatchSize}, {data.CountRows(RowPart.All):N0} rows\n"));
        Console.WriteLine("| rung | 1000 rows/s, median | spread | of the rung above |\n|---|---|---|---|");
        double above = 0;
        foreach ((string what, Spread rate) in rungs.Zip(rates, (r, s) => (r.What, Spread.Of(s))))
        {
            Console.WriteLine(Invariant($"| {what} | {(rate * 1e-3).Cells("N1")} | {(above == 0 ? "–" : Invariant($"{rate.Median / above:P0}"))} |"));
            above = rate.Median;
        }
        Console.WriteLine(Invariant($"\nFirst epoch, decoding Parquet with two threads: {decoding / 1e3:N1} thousand rows/s."));
        foreach (Batch batch in batches)
            batch.Dispose();
    }

    /// <summary>Rows per second of copying the bytes of a row in a batch: ids, numbers, label.</summary>
    private double Copy()
    {
        byte[] from = new byte[CopyBytes], to = new byte[CopyBytes];
        Random.Shared.NextBytes(from);
        from.CopyTo(to, 0);
        return CopyBytes / Turns.Seconds(() => from.CopyTo(to, 0)) / (sizeof(float) * (model.Spec.F + model.Spec.N + 1));
    }

    private double Epoch(int number, bool train)
    {
        long begin = Stopwatch.GetTimestamp(), rows = 0;
        loader.Start(data.Read(RowPart.All, EpochOrder.Shuffle(1, number)));
        while (loader.Next() is { } batch)
        {
            rows += batch.Rows;
            if (train)
                model.TrainStep(batch, 1e-3);
            loader.Release(batch);
        }
        device.Synchronize();
        return rows / Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public void Dispose()
    {
        loader.Dispose();
        model.Dispose();
        data.Dispose();
    }
}
