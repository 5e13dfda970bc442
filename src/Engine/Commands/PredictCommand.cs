using System.Diagnostics;
using System.Globalization;
using GpuCtr.Data;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Engine.Screens;
using GpuCtr.Models;
using GpuCtr.Training;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Scoring;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of <c>predict</c>.</summary>
internal sealed record PredictOptions
{
    private const int MostItems = 10_000;

    /// <summary>The default of <see cref="Top"/>.</summary>
    public const int UsualItems = 10;

    /// <summary>The model and how it runs.</summary>
    [Options]
    public ScoringOptions Scoring { get; init; } = new();

    /// <summary>Where the scores go.</summary>
    [Option("Parquet file for the scores", Value = "FILE", Section = OptionSection.Rows)]
    public string Out { get; init; } = "scores.parquet";

    /// <summary>Columns to copy.</summary>
    [Option("columns of the shards to copy beside the scores", Value = "COL,…", Form = OptionForm.Columns)]
    public IReadOnlyList<string> Keep { get; init; } = [];

    /// <summary>K.</summary>
    [Option("where items are predicted: the K best items behind the sequence of each row, with their scores", Value = "K", Default = "10", Least = 1, Most = MostItems)]
    public int? Top { get; init; }

    /// <summary>Items of the sequence may be named.</summary>
    [Option("where items are predicted: items of the sequence itself may be among them")]
    public bool Seen { get; init; }

    /// <summary>Replaces the file.</summary>
    [Option("replace the file that --out names")]
    public bool Overwrite { get; init; }

    /// <summary>Most memory of the whole process.</summary>
    [Option("memory limit of the whole process; rows are streamed", Value = "SIZE", Section = OptionSection.Machine, Default = "512MB for rows, and what the model needs")]
    public ByteSize? Memory { get; init; }

    /// <summary>Bad rows that may be left out.</summary>
    [Option("rows with bad numbers that get no score (null) instead of ending the run", Value = "N|P%")]
    public BadRowBudget BadRows { get; init; } = BadRowBudget.Zero;

    /// <summary>JSON on standard output.</summary>
    [Option("what was done as one line of JSON on standard output")]
    public bool Json { get; init; }
}

/// <summary><c>predict --model RUN SHARDS… --out FILE</c></summary>
internal static class PredictCommand
{
    /// <summary>The verb.</summary>
    public static Verb<PredictOptions> Verb { get; } = new(
        "predict", "scores rows with a trained model, in row order (shards sorted by path): one score per row, with its rank in the list where lists are ranked, or the best next items of a sequence",
        ["gpu-ctr predict --model runs/first data/today.parquet --out scores.parquet --keep user,item", "gpu-ctr predict --model runs/first/last 'data/*.parquet' --out scores.parquet --json"],
        Execute);

    private sealed record Result(string Out, long Rows, long BadRows, double? MeanScore, double Seconds, double RowsPerSecond, int Step, string Device);

    private static ExitCode Execute(PredictOptions options, Arguments arguments, Terminal terminal)
    {
        ScoreFile.RefuseExisting(options.Out, options.Overwrite);
        return ScoringRun.Of(
            Verb, options.Scoring, new MemoryBudget(options.Memory?.Bytes, FreeRowBytes: 512L << 20), arguments.Values, terminal, run => Execute(options, arguments, run, terminal));
    }

    private static void Execute(PredictOptions options, Arguments arguments, ScoringRun run, Terminal terminal)
    {
        (Checkpoint checkpoint, FeatureEncoder encoder, FrozenModel loaded) = options.Scoring.Source.Load(c => Load(c, run));
        using FrozenModel model = loaded;
        OutputPath.RefuseInputs("--out", [options.Out, ScoreFile.Temporary(options.Out)], [.. run.Shards.Shards.Select(s => s.Path), .. RunFolder.ReadWith(checkpoint.Folder)]);
        OutputPath.RefuseNextInputs("--out", options.Out, arguments.Values);
        HeldMemory held = HeldMemory.Of(run.Device, model.MemoryPlan, encoder, model.Spec, options.Scoring.BatchSize, BatchLoader.DefaultSlots, evaluated: 0);
        DatasetOptions reading = new()
        {
            Workers = options.Scoring.Device.Decoders,
            BadRows = options.BadRows,
            NeedLabel = false,
            ListRows = model.Spec.HasLists ? options.Scoring.BatchSize : 0,
            MemoryBytes = run.Memory.RowBytes(held, new BlockSizes(run.RowsFor(encoder), encoder).Least),
        };
        Dataset data = new(run.RowsFor(encoder), encoder, reading);
        run.Begin(checkpoint, held);
        Result result = Answer(options, model, data, run) with { Out = options.Out, Step = checkpoint.Manifest.Position.Step };
        RunWarnings.AboutRows(run.RunLog, "rows", data);
        run.RunLog.Line(string.Create(
            CultureInfo.InvariantCulture, $"{result.Rows:N0} rows, {(result.MeanScore is { } mean ? $"mean score {mean:F5}, " : "")}{result.Seconds:F1} s, {result.RowsPerSecond:N0} rows/s: {result.Out}"));
        if (options.Json)
            terminal.Out.WriteLine(JsonText.Line(result));
    }

    private static (Checkpoint, FeatureEncoder, FrozenModel) Load(Checkpoint checkpoint, ScoringRun run)
    {
        FeatureEncoder encoder = checkpoint.LoadEncoder();
        encoder.Check(run.RowsFor(encoder), needLabel: false);
        return (checkpoint, encoder, checkpoint.LoadFrozen(run.Device, encoder.Spec, run.Options.BatchSize));
    }

    private static Result Answer(PredictOptions options, FrozenModel model, Dataset data, ScoringRun run)
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

    private static Result NameItems(FrozenModel model, Dataset data, ScoreFile<BestItems?> file, NextItemRun items, ScoringRun run)
    {
        long begin = Stopwatch.GetTimestamp();
        run.Watch(
            Verb, data.Shards.Rows, progress =>
            {
                items.Run(file.Add, progress, run.Shutdown.Token);
                return true;
            },
            "interrupted; nothing was written");
        file.Complete();
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        return new Result("", items.Rows, data.Statistics.BadRows, null, seconds, items.Rows / Math.Max(seconds, 1e-9), 0, model.Device.ToString());
    }

    private static Result Score<T>(FrozenModel model, Dataset data, ScoreFile<T> file, Func<float?, int?, T> answer, ScoringRun run)
    {
        long begin = Stopwatch.GetTimestamp();
        ScoreRun scores = new(model, data);
        double? mean = run.Watch(Verb, data.Shards.Rows, progress => scores.Run((score, rank) => file.Add(answer(score, rank)), progress, run.Shutdown.Token), "interrupted; no scores were written");
        file.Complete();
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        return new Result("", scores.Rows, data.Statistics.BadRows, mean, seconds, scores.Rows / Math.Max(seconds, 1e-9), 0, model.Device.ToString());
    }
}
