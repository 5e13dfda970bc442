using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Options;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;
using GpuCtr.Data.Splits;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Metrics;

namespace GpuCtr.Training.Scoring;

/// <summary>Measures a trained model on the rows of shards.</summary>
internal static class Measurement
{
    private const int UsualTop = 10;

    /// <summary>Measures it on all rows.</summary>
    /// <exception cref="GpuCtrException">Any failure; Interrupted: it was stopped.</exception>
    public static EvaluateResult Run(EvaluateOptions options, RunLog runLog, CancellationToken stop)
    {
        OptionCheck.Check(options);
        RunFolder.Require(options.Model, "evaluate");
        if ((options.Contradiction() ?? (Checkpoint.Glance(options.Model!) is var (model, hasGroups) ? Unread(options, model.Model, hasGroups) : null)) is { } fault)
            throw GpuCtrException.UsageError(fault);
        MemoryBudget memory = new(options.Memory?.Bytes, FreeRowBytes: 1L << 30);
        return ScoringRun.Of("evaluate", options.BatchSize, options.Device, memory, options.Shards, options.Stores, runLog, stop, run => Run(options, run));
    }

    /// <summary>An error message for flags that have no meaning for the model; null if there are none.</summary>
    private static string? Unread(EvaluateOptions options, string model, bool hasGroups)
    {
        bool items = ModelCatalog.Of(model).PredictsItems;
        return !items && (options.Candidates is not null || options.Sampled > 0)
            ? $"{(options.Sampled > 0 ? "--sampled" : "--candidates")} is for models that predict items, and {model} predicts clicks: leave it out"
            : items && options.Top is not null ? $"--top is for models that predict clicks, and {model} predicts items, which are ranked at 10: leave it out"
            : options.Top is not null && !hasGroups ? "--top needs the column that groups rows into lists: train with --group-id"
            : null;
    }

    private static EvaluateResult Run(EvaluateOptions options, ScoringRun run)
    {
        (Checkpoint checkpoint, RowSource rows, HeldMemory held, TrainableModel loaded) = Checkpoint.Load(options.Model!, c => run.Load(c, options.BadRows));
        using TrainableModel model = loaded;
        run.Begin(checkpoint, held);
        if (options.Top is not null && !rows.Data.HasGroupKeys)
            throw GpuCtrException.UsageError("--top needs the column that groups rows into lists, which these shards do not have");
        Evaluation evaluation = Evaluate(options, model, rows, run);
        RunWarnings.AboutRows(run.RunLog, "rows", rows.Data);
        if (evaluation.HasShares)
            run.RunLog.Warn("labels are probabilities between 0 and 1: AUC and gAUC are not defined, only logloss and calibration");
        else if (evaluation.Items is null && !evaluation.Labels.HasBoth)
            run.RunLog.Warn($"{evaluation.Labels.OneSided()}: AUC is not defined");
        return new(evaluation.Rows, checkpoint.Manifest.Position.Step, WeightsHash.Of(model), model.Device.ToString())
        {
            Auc = evaluation.Auc,
            Logloss = evaluation.LogLoss,
            Gauc = evaluation.Gauc,
            GroupsUsed = evaluation.Groups?.GroupsUsed,
            GroupsLeftOut = evaluation.Groups?.GroupsLeftOut,
            Calibration = evaluation.Calibration.Ratio,
            CalibrationBins = evaluation.Calibration.Bins,
            Lists = evaluation.Lists,
            Items = evaluation.Items,
            RowsLeftOut = evaluation.RowsLeftOut,
        };
    }

    private static Evaluation Evaluate(EvaluateOptions options, TrainableModel model, RowSource rows, ScoringRun run)
    {
        ItemCandidates? candidates = model.Spec.Items is null ? null : CandidatesOf(options, rows.Data.Shards, run.Stores, rows.Data.Encoder.Vocabularies[0]);
        using BatchLoader loader = new(model.Device, model.Spec, run.BatchSize, training: false);
        RowSource asked = model.Spec.Items is null ? rows : new RowSource(rows.Data, rows.Part with { Sequences = SequencePart.Test });
        return run.Watch(
            rows.Rows, progress => Evaluator.Of(model, loader, asked, options.Top ?? (model.Spec.HasLists ? UsualTop : 0), candidates, progress, run.Stop), "interrupted");
    }

    /// <summary>The items among which the right ones are ranked; null: all.</summary>
    private static ItemCandidates? CandidatesOf(EvaluateOptions options, ShardSet shards, ShardStores stores, VocabularyTable items) =>
        options.Sampled > 0 ? new PopularCandidates(items, options.Sampled, options.Seed)
        : options.Candidates is not { } column ? null
        : options.By is { } key ? GivenCandidates.Of(shards, ShardSet.Resolve(options.CandidatesFrom, stores), column, key, items)
        : GivenCandidates.Of(shards, column, items);
}
