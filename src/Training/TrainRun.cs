using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using GpuCtr.Data;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Explanations;
using GpuCtr.Training.Metrics;
using GpuCtr.Training.Reports;
using GpuCtr.Training.Screens;

namespace GpuCtr.Training;

/// <summary>A training run, from the data to a tested checkpoint.</summary>
internal sealed partial class TrainRun(TrainSettings settings, Workbench bench, RunFolder folder, RunLog runLog, CancellationToken stop)
{
    private const int Slots = 4;

    private readonly Device device = bench.Device;
    private readonly long begin = Stopwatch.GetTimestamp();
    private long dueSince = Stopwatch.GetTimestamp();
    private Trainer current = null!;
    private RunData data = null!;
    private TrainableModel model = null!;
    private RunRecord record = null!;
    private EvaluatedRows? evaluated;
    private CheckpointMetrics? bestValid;
    private readonly List<EpochMetrics> history = [];
    private int bestStep = -1, savedStep = -1, firstStep, epochs;

    /// <summary>Called when the run folder exists, before training writes into it.</summary>
    public required Action Begun { get; init; }

    /// <summary>Options and findings of the run; a part of every checkpoint.</summary>
    public required JsonObject Config { get; init; }

    /// <summary>Options whose values follow from the data.</summary>
    public IReadOnlyList<AutomaticDefault> Chosen { get; init; } = [];

    /// <summary>Embeddings initialized from files; none if the run is resumed.</summary>
    public IReadOnlyList<InitialEmbedding> InitialEmbeddings { get; init; } = [];

    /// <summary>Chooses columns that the run trains without; null: it reads all.</summary>
    public Func<FeatureEncoder, ColumnGroup>? Without { get; init; }

    /// <summary>Called after every step, when its checkpoint is saved if one was due.</summary>
    public Action? AfterStep { get; init; }

    /// <summary>Trains, keeps checkpoints, tests.</summary>
    /// <param name="shards">The shards, resolved.</param>
    /// <param name="from">The checkpoint to resume from; null = start from the beginning.</param>
    /// <param name="warm">The checkpoint of another run whose weights this one starts with; null = new weights.</param>
    /// <exception cref="GpuCtrException">Any failure; after a signal, with the exit code of that signal.</exception>
    public TrainingResult Run(RunShards shards, Checkpoint? from, WarmStart? warm = null)
    {
        try
        {
            RunSummary.Columns(runLog, shards);
            settings.Memory.BoundHeap(0);
            FeatureEncoder encoder = Encoder(shards, from, warm);
            using IRowVectors? vectors = encoder.RowVectors;
            HeldMemory held = Held(encoder, RunData.EvaluatedRows(shards, settings), RunData.ListBytes(shards));
            RunData Open() => RunData.Open(shards, settings, encoder, held, folder.File(RunFolder.Cache));
            data = warm is null ? bench.Rows(RunData.RowsKey(shards, settings), Open) : Open();
            if (Without is not null)
                data = data.Without(Without(encoder));
            RunLabels? labels = encoder.Label is null || encoder.Target.Soft ? null : RunLabels.Of(data, settings, stop);
            settings.Memory.BoundHeap(held.NativeBytes);
            using (model = new TrainableModel(device, data.Encoder.Spec, settings.Model, settings.BatchSize, settings.Model.MbaLambda > 0 ? data.RowCounts : null))
            {
                RowMap? kept = warm?.RowsIn(model);
                if (kept is not null)
                    warm!.Load(model, kept, runLog);
                if ((from is null ? warm?.Forgotten : from.Manifest.Config?[RunConfig.Forgotten]?.DeepClone()) is { } forgotten)
                    Config[RunConfig.Forgotten] = forgotten;
                foreach (InitialEmbedding initial in InitialEmbeddings)
                    initial.Write(model, data.Encoder, kept, runLog);
                firstStep = model.Step;
                if (from is null)
                    folder.Begin();
                Begun();
                RunSummary.Model(runLog, model, data, settings.Memory, held);
                RunSummary.Steps(runLog, data, settings, Chosen);
                RunWarnings.BeforeTraining(runLog, shards, data);
                labels?.Warn(runLog, settings.Monitor);
                return TrainAndTest(from);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            throw new GpuCtrException(ErrorKind.Interrupted, "interrupted before anything was trained");
        }
    }

    private FeatureEncoder Encoder(RunShards shards, Checkpoint? from, WarmStart? warm)
    {
        return warm is null ? bench.Encoder(RunData.FitKey(shards, settings), Make) : Make();

        FeatureEncoder Make()
        {
            if (from is not null)
                return from.LoadEncoder();
            using ProgressMeter meter = new(runLog, "reading", shards.Train.Rows);
            return RunData.Fit(shards, settings, warm, KnownFit, done => { if (meter.IsDue) meter.Show(done); }, stop);
        }
    }

    private HeldMemory Held(FeatureEncoder encoder, long evaluated, long lists)
    {
        HeldMemory held = HeldMemory.Of(
            device, TrainableModel.PlanOf(device, encoder.Spec, settings.Model, settings.BatchSize), encoder, ModelCatalog.Adapt(encoder.Spec, settings.Model, training: true), settings.BatchSize, Slots, evaluated) with
        { Lists = lists };
        return settings.Options.Importance ? held with { Scores = held.Scores + HeldRows.BytesOf(encoder.Spec, Math.Min(evaluated, new ImportanceOptions().Rows)) } : held;
    }

    private void KnownFit(string path) => runLog.Line($"vocabularies and statistics come from the fit cache: {path}");

    private TrainingResult TrainAndTest(Checkpoint? from)
    {
        using BatchLoader loader = new(device, model.Spec, settings.BatchSize, Slots, threadCount: device.Kind == DeviceKind.Cpu ? 1 : 2, negatives: Negatives(), masks: Masks());
        using RunRecord files = record = new RunRecord(folder, runLog, model, from?.Manifest.Position.Step);
        Trainer trainer = current = new(model, data, settings, loader, runLog) { AfterStep = SaveWhenDue, Sampled = files.Add };
        if (from is not null)
            Restore(from, trainer);
        try
        {
            TrainEpochs(trainer);
            RunWarnings.AfterTraining(runLog, trainer, epochs);
            if (bestStep != model.Step)
            {
                Checkpoint.Open(folder.Pointed(RunFolder.Best)!).LoadWeights(model);
                runLog.Line($"best epoch {trainer.Monitored.BestEpoch} reloaded");
            }

            Evaluation? test = Test(trainer);
            if (settings.Options.Importance)
                MeasureImportance(trainer);
            RunMetrics metrics = Report(trainer, test);
            data.DropCache();
            folder.DropCache();
            return new TrainingResult(folder.Path, metrics, history);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            throw Interrupted(trainer);
        }
        catch (GpuCtrException e) when (trainer.HasDiverged)
        {
            throw new GpuCtrException(e.Kind, $"{e.Message}; the rows of that batch are in {DivergedBatch.Write(folder, trainer, data.Train, settings.Model.Seed)}", e);
        }
    }

    /// <summary>Draws the negatives of histories; null if they are read from columns, or not needed.</summary>
    private NegativeSampler? Negatives() => data.Encoder.State.ItemAttributes is null ? null : new NegativeSampler(data.Encoder, settings.Model.Seed);

    /// <summary>Draws the masked entries; null if the model has no masks.</summary>
    private ItemMasks? Masks() => ModelCatalog.Of(settings.Model.Model).Predicts == Predictions.MaskedItems
        ? new ItemMasks(settings.Model.Seed, settings.Model.MaskShare, settings.Model.LastMaskShare)
        : null;

    private void TrainEpochs(Trainer trainer)
    {
        EpochTable table = new(runLog, model.Spec.Items is not null, data.Encoder.GroupKey is not null);
        EpochAdvice advice = new(runLog, settings);
        long epochBegin = Stopwatch.GetTimestamp();
        foreach (EpochResult result in trainer.Run(stop))
        {
            Keep(trainer, result);
            table.Add(result, Stopwatch.GetElapsedTime(epochBegin).TotalSeconds, trainer.Monitored);
            if (settings.PredictsClicks)
                advice.Say(result, data.Encoder.LabelRate);
            if (result.Epoch == 1 && trainer.Monitored.FellBack && (result.Valid!.Labels.HasBoth || data.Encoder.Target.Soft))
                runLog.Warn($"valid: {settings.Monitor} is not defined on these rows, so logloss decides which epoch is best and when to stop");
            if (result.Epoch == 1)
                TellRows();
            epochs = result.Epoch;
            epochBegin = Stopwatch.GetTimestamp();
            // A signal arrived while the epoch was saved.
            stop.ThrowIfCancellationRequested();
        }

        if (epochs < settings.Epochs)
            runLog.Line($"stopped: no better {trainer.Monitored.Metric} in {trainer.Monitored.Stale} epochs in a row");
        advice.SayAtTheEnd(trainer.Monitored, epochs, model.Step, folder.Path);
    }

    private void TellRows()
    {
        bool together = data.Valid?.Data == data.Train.Data;
        if (!together)
            RunWarnings.AboutReading(runLog, "train", data.Train.Data);
        if (data.Valid is not null)
            RunWarnings.AboutRows(runLog, together ? "train and valid" : "valid", data.Valid.Data);
    }

    private Evaluation? Test(Trainer trainer)
    {
        if (data.Test is null)
            return null;
        Evaluation test = trainer.Evaluate(data.Test, "test", stop);
        RunWarnings.AboutRows(runLog, "test", data.Test.Data);
        runLog.Line(EpochTable.Describe("test", test));
        evaluated = Evaluated("test", test, trainer, data.Test);
        return test;
    }

    /// <summary>On the test rows, else the validation rows; a run that was resumed after its last epoch has not evaluated these yet.</summary>
    private void MeasureImportance(Trainer trainer)
    {
        (string name, RowSource rows) = data.Test is { } test ? ("test", test) : ("valid", data.Valid!);
        evaluated ??= Evaluated(name, trainer.Evaluate(rows, name, stop), trainer, rows);
        PermutationImportance measure = new(model, new ImportanceOptions { Seed = settings.Model.Seed });
        using ProgressMeter meter = new(runLog, "importance", measure.Predictions(rows));
        Importance importance = measure.Run(rows, done => { if (meter.IsDue) meter.Show(done); }, stop);
        evaluated = evaluated with { Importance = importance };
        runLog.Line($"importance on the {name} rows, {importance.Sentence()}");
        foreach (string line in TextTable.Lines(importance.Table()))
            runLog.Line($"  {line}");
    }

    private EvaluatedRows Evaluated(string name, Evaluation metrics, Trainer trainer, RowSource rows) =>
        new(
            name, metrics, trainer.Sample, TableUsage.Of(data.Encoder, rows.Data.Statistics),
            [.. rows.Data == data.Train.Data ? [] : ListUsage.Of("train", data.Train.Data), .. ListUsage.Of(rows.Data == data.Train.Data ? "train and valid" : name, rows.Data)]);

    private static CheckpointMetrics? Metrics(Evaluation? e) => e is null ? null : new CheckpointMetrics(e.Auc, e.LogLoss, e.Gauc, e.Rows, e.Items?.HitRate, e.Ndcg, e.Items?.Mrr);

    private RunMetrics Report(Trainer trainer, Evaluation? test)
    {
        CheckpointMetrics? reported = Metrics(test) ?? bestValid;
        double speed = trainer.TrainedRows / Math.Max(trainer.StepTime.TotalSeconds, 1e-9);
        RunMetrics metrics = new(
            reported?.Auc, reported?.Logloss, reported?.Gauc, reported?.Rows ?? 0, bestValid?.Auc, epochs,
            speed, Stopwatch.GetElapsedTime(begin).TotalSeconds, WeightsHash.Of(model), device.ToString(), history.LastOrDefault()?.TrainAuxiliaryLoss,
            reported?.Hr10, reported?.Ndcg, reported?.Mrr, bestValid?.Ndcg, RankTraffic.Of(device.Ranks),
            new(trainer.Monitored.Metric, trainer.Monitored.Best, trainer.Monitored.BestEpoch));
        if (bestValid is not null)
            runLog.Line(EpochTable.Describe("valid", bestValid));
        runLog.Line(string.Create(CultureInfo.InvariantCulture, $"{speed:N0} rows/s, {metrics.TrainSeconds:F1} s, weights {metrics.WeightsHash}"));
        if (metrics.Exchanged is { } exchanged)
            runLog.Line($"{exchanged}");
        record.Report(Config, history, evaluated);
        Disk.WriteText(folder.File(RunFolder.Result), JsonText.Line(metrics) + "\n");
        runLog.Line($"run folder {folder.Path}");
        return metrics;
    }
}
