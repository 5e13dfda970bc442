using System.Diagnostics;
using System.Globalization;
using GpuCtr.Data;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Options;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training.Scoring;

/// <summary>Scores the rows of shards into a file.</summary>
internal static class Prediction
{
    /// <summary>Scores all rows; the file appears when it is complete.</summary>
    /// <exception cref="GpuCtrException">Any failure; Interrupted: it was stopped, and nothing was written.</exception>
    public static PredictResult Run(PredictOptions options, RunLog runLog, CancellationToken stop)
    {
        OptionCheck.Check(options);
        ScoreFile.RefuseExisting(options.Out, options.Overwrite);
        RunFolder.Require(options.Model, "predict");
        MemoryBudget memory = new(options.Memory?.Bytes, FreeRowBytes: 512L << 20);
        return ScoringRun.Of("predict", options.BatchSize, options.Device, memory, options.Shards, options.Stores, runLog, stop, run => Run(options, run));
    }

    private static PredictResult Run(PredictOptions options, ScoringRun run)
    {
        (Checkpoint checkpoint, FeatureEncoder encoder, FrozenModel loaded) = Checkpoint.Load(options.Model!, c => Load(c, run));
        using FrozenModel model = loaded;
        OutputPath.RefuseInputs("--out", [options.Out, ScoreFile.Temporary(options.Out)], [.. run.Shards.Shards.Select(s => s.Path), .. RunFolder.ReadWith(checkpoint.Folder)]);
        OutputPath.RefuseNextInputs("--out", options.Out, options.Shards);
        HeldMemory held = HeldMemory.Of(run.Device, model.MemoryPlan, encoder, model.Spec, options.BatchSize, BatchLoader.DefaultSlots, evaluated: 0);
        DatasetOptions reading = new()
        {
            Workers = options.Device.Decoders,
            BadRows = options.BadRows,
            NeedLabel = false,
            ListRows = model.Spec.HasLists ? options.BatchSize : 0,
            MemoryBytes = run.Memory.RowBytes(held, new BlockSizes(run.RowsFor(encoder), encoder).Least),
        };
        Dataset data = new(run.RowsFor(encoder), encoder, reading);
        run.Begin(checkpoint, held);
        PredictResult result = Answer(options, model, data, run) with { Out = options.Out, Step = checkpoint.Manifest.Position.Step };
        RunWarnings.AboutRows(run.RunLog, "rows", data);
        run.RunLog.Line(string.Create(
            CultureInfo.InvariantCulture, $"{result.Rows:N0} rows, {(result.MeanScore is { } mean ? $"mean score {mean:F5}, " : "")}{result.Seconds:F1} s, {result.RowsPerSecond:N0} rows/s: {result.Out}"));
        return result;
    }

    private static (Checkpoint, FeatureEncoder, FrozenModel) Load(Checkpoint checkpoint, ScoringRun run)
    {
        FeatureEncoder encoder = checkpoint.LoadEncoder();
        encoder.Check(run.RowsFor(encoder), needLabel: false);
        return (checkpoint, encoder, checkpoint.LoadFrozen(run.Device, encoder.Spec, run.BatchSize));
    }

    private static PredictResult Answer(PredictOptions options, FrozenModel model, Dataset data, ScoringRun run)
    {
        if (model.Spec.Items is not null)
        {
            using ScoreFile<BestItems?> best = new(new BestItemColumns(data.Encoder.Vocabularies[0]), options.Out, data.Shards, options.Keep, options.Overwrite);
            return NameItems(model, data, best, new NextItemRun(model, data, options.Top ?? PredictOptions.UsualItems, options.Seen), run);
        }

        if (options.Top is not null || options.Seen)
            throw GpuCtrException.UsageError($"{(options.Seen ? "--seen" : "--top")} is for models that predict items, and {model.Options.Model} predicts clicks: leave it out");
        if (model.Spec.HasLists)
        {
            using ScoreFile<RankedScore> ranked = new(new RankedScoreColumns(), options.Out, data.Shards, options.Keep, options.Overwrite);
            return Score(model, data, ranked, (score, rank) => new(score, rank), run);
        }

        using ScoreFile<float?> scores = new(new ScoreColumn(), options.Out, data.Shards, options.Keep, options.Overwrite);
        return Score(model, data, scores, (score, _) => score, run);
    }

    private static PredictResult NameItems(FrozenModel model, Dataset data, ScoreFile<BestItems?> file, NextItemRun items, ScoringRun run)
    {
        long begin = Stopwatch.GetTimestamp();
        run.Watch(
            data.Shards.Rows, progress =>
            {
                items.Run(file.Add, progress, run.Stop);
                return true;
            },
            "interrupted; nothing was written");
        file.Complete();
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        return new PredictResult("", items.Rows, data.Statistics.BadRows, null, seconds, items.Rows / Math.Max(seconds, 1e-9), 0, model.Device.ToString());
    }

    private static PredictResult Score<T>(FrozenModel model, Dataset data, ScoreFile<T> file, Func<float?, int?, T> answer, ScoringRun run)
    {
        long begin = Stopwatch.GetTimestamp();
        ScoreRun scores = new(model, data);
        double? mean = run.Watch(data.Shards.Rows, progress => scores.Run((score, rank) => file.Add(answer(score, rank)), progress, run.Stop), "interrupted; no scores were written");
        file.Complete();
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        return new PredictResult("", scores.Rows, data.Statistics.BadRows, mean, seconds, scores.Rows / Math.Max(seconds, 1e-9), 0, model.Device.ToString());
    }
}
