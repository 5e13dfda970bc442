using System.Diagnostics;
using GpuCtr.Data.Batches;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Metrics;
using GpuCtr.Training.Reports;
using static System.FormattableString;

namespace GpuCtr.Training;

/// <summary>Results of an epoch.</summary>
/// <param name="Epoch">Its number, from 1.</param>
/// <param name="Step">Steps of the run so far.</param>
/// <param name="Rows">Rows trained on by this process.</param>
/// <param name="TrainLogLoss">Mean training loss over its rows; null if it was not finite.</param>
/// <param name="TrainAuxiliaryLoss">Mean auxiliary loss over its rows, without its weight α; null if the model has none, or if it was not finite.</param>
/// <param name="Valid">Validation metrics; null without validation rows.</param>
/// <param name="LearningRate">Learning rate of its last step.</param>
/// <param name="Seconds">Wall time of its training steps, waiting for data included.</param>
/// <param name="WaitedSeconds">Part of it spent waiting for data.</param>
/// <param name="IsBest">Whether its monitored value is the best so far.</param>
/// <param name="Exchanged">Traffic of its training steps with other ranks; null on one rank.</param>
internal sealed record EpochResult(
    int Epoch, long Step, long Rows, double? TrainLogLoss, double? TrainAuxiliaryLoss, Evaluation? Valid, double LearningRate, double Seconds, double WaitedSeconds, bool IsBest, RankTraffic? Exchanged = null);

/// <summary>Runs epochs (training steps, then validation) until the last epoch, or until the monitored value stops improving.</summary>
internal sealed class Trainer(TrainableModel model, RunData data, TrainSettings settings, BatchLoader loader, RunLog runLog)
{
    /// <summary>Share of an epoch's time from which the wait for data is shown.</summary>
    private const double NotableWait = 0.01;

    private TrainingPosition? from;

    private readonly DivergenceCheck divergence = new(model);
    private readonly StepSampler sampler = new();
    private readonly MonitoredValue monitored = new(settings.Monitor);
    private double lossSum;
    private double? auxiliarySum;
    private long lossRows, lossEnd, batchBegin;
    private ProgressMeter? meter;
    private TimeSpan paused;

    /// <summary>Rows trained on, over all epochs.</summary>
    public long TrainedRows { get; private set; }

    /// <summary>Wall time of all training steps, waiting for data included.</summary>
    public TimeSpan StepTime { get; private set; }

    /// <summary>The current epoch, from 1.</summary>
    public int Epoch { get; private set; }

    /// <summary>Rows of the current epoch trained on so far.</summary>
    public long EpochRows { get; private set; }

    /// <summary>The first and the last row of the last step's batch, in the order of the epoch.</summary>
    public (long First, long Last) BatchRows => (batchBegin, EpochRows - 1);

    /// <summary>The monitored value and the best epoch.</summary>
    public MonitoredValue Monitored => monitored;

    /// <summary>Steps skipped because loss or gradient was not finite.</summary>
    public int SkippedSteps => divergence.Skipped;

    /// <summary>Whether training ended because loss or gradient was not finite in several steps in a row.</summary>
    public bool HasDiverged => divergence.HasEnded;

    /// <summary>Scores of the last evaluation; null for models that predict items.</summary>
    public RowSample? Sample { get; private set; }

    /// <summary>Receives the summary of each part of an epoch.</summary>
    public Action<StepSample>? Sampled { get; init; }

    /// <summary>Called after every step.</summary>
    public Action? AfterStep { get; init; }

    /// <summary>The cursor of the run; waits for the device.</summary>
    /// <param name="epochDone">Whether the epoch was validated.</param>
    public TrainingPosition Position(bool epochDone)
    {
        TakeLoss();
        return new(
            model.Step, Epoch, EpochRows, epochDone, settings.LearningRate.PlateauFactor, monitored.Best, monitored.BestEpoch, monitored.Stale,
            Shuffle, IsKnown(lossSum) ? lossSum : null, auxiliarySum is { } sum && IsKnown(sum) ? sum : null);
    }

    private bool IsKnown(double sum) => double.IsFinite(sum) && lossRows == EpochRows;

    private ShuffleState Shuffle => new(settings.Model.Seed, data.Train.Data.WindowBlocks);

    /// <summary>Resumes from a checkpoint whose weights and optimizer state are already in the model.</summary>
    /// <param name="position">Its cursor.</param>
    /// <param name="history">Metrics of its epochs.</param>
    public void Restore(TrainingPosition position, IReadOnlyList<EpochMetrics> history)
    {
        from = position;
        if (position is { EpochDone: false, Shuffle: { } then } && then != Shuffle)
            runLog.Warn($"the order of the rows has changed: in the rest of epoch {position.Epoch} some rows occur twice and some not at all");
        settings.LearningRate.PlateauFactor = position.PlateauFactor;
        monitored.Restore(position.BestValue, position.BestEpoch, position.StaleEpochs, history);
    }

    /// <summary>Runs the epochs one after the other.</summary>
    /// <exception cref="GpuCtrException">Numeric: loss or gradient not finite three times in a row. Data, InputOutput: from the loader.</exception>
    /// <exception cref="OperationCanceledException">Interrupted; the model is as the last finished step left it.</exception>
    public IEnumerable<EpochResult> Run(CancellationToken cancellation)
    {
        long skip = from is { EpochDone: false } ? from.EpochRows : 0;
        for (Epoch = FirstEpoch; Epoch <= settings.Epochs && !IsStale; Epoch++, skip = 0)
        {
            Traffic before = model.Device.Ranks.Traffic.Since();
            (TimeSpan time, TimeSpan waited) = TrainEpoch(skip, cancellation);
            RankTraffic? exchanged = RankTraffic.Of(model.Device.Ranks, before);
            Evaluation? valid = data.Valid is null ? null : Evaluate(data.Valid, $"epoch {Epoch}/{settings.Epochs} valid", cancellation);
            Telemetry.Validated(valid?.Auc, valid?.LogLoss);
            double rate = settings.LearningRate.At(model.Step, Epoch);
            bool best = monitored.Observe(Epoch, valid);
            settings.LearningRate.EndEpoch(best);
            yield return new EpochResult(Epoch, model.Step, EpochRows - skip, Finite(lossSum / lossRows), Finite(auxiliarySum / lossRows), valid, rate, time.TotalSeconds, waited.TotalSeconds, best, exchanged);
        }
    }

    private static double? Finite(double? mean) => mean is { } value && double.IsFinite(value) ? value : null;

    private int FirstEpoch => from is null ? 1 : from.EpochDone ? from.Epoch + 1 : from.Epoch;

    private bool IsStale => settings.Patience > 0 && monitored.Stale >= settings.Patience;

    /// <summary>Metrics on some rows.</summary>
    public Evaluation Evaluate(RowSource rows, string what, CancellationToken cancellation)
    {
        using ProgressMeter meter = new(runLog, what, rows.Rows) { At = (Epoch, model.Step) };
        Sample = model.Spec.Items is null ? new RowSample(rows.Data.Encoder, rows.Rows) : null;
        Evaluation evaluation = Evaluator.Of(model, loader, rows, settings.Top, candidates: null, done => { if (meter.IsDue) meter.Show(done); }, cancellation, Sample);
        meter.ShowEnd();
        return evaluation;
    }

    /// <summary>The first rows with their scores, which a checkpoint keeps: of the validation rows, which were just scored, else of the training rows; null where items are predicted.</summary>
    public IReadOnlyList<CanaryRow>? Canaries()
    {
        if (data.Valid is not null || model.Spec.Items is not null)
            return Sample?.Canaries;
        loader.Start(data.Train.Data.Read(data.Train.Part, EpochOrder.Natural));
        if (loader.NextPrepared(CancellationToken.None) is not { } batch)
            return null;
        try
        {
            float[] logits = new float[batch.Rows];
            model.Predict(batch, logits);
            return CanaryRow.Of(batch, logits);
        }
        finally
        {
            loader.Release(batch);
            loader.Stop();
        }
    }

    private (TimeSpan Time, TimeSpan Waited) TrainEpoch(long skip, CancellationToken cancellation)
    {
        (EpochRows, lossEnd, batchBegin, paused) = (skip, skip, skip, TimeSpan.Zero);
        // If a checkpoint does not hold the loss sum (format 1), only the rows since then count.
        (lossSum, auxiliarySum, lossRows) = skip > 0 && from!.LossSum is { } told ? (told, from.AuxiliaryLossSum, skip) : (0, null, 0);
        meter = new ProgressMeter(runLog, $"epoch {Epoch}/{settings.Epochs}", data.Train.Rows, skip);
        long begin = Stopwatch.GetTimestamp();
        EpochReader reader = data.Train.Data.Read(data.Train.Part, EpochOrder.Shuffle(settings.Model.Seed, Epoch));
        reader.Skip(skip);
        sampler.Start(skip, (lossSum, lossRows));
        loader.Start(reader);
        try
        {
            while (loader.NextPrepared(cancellation) is { } batch)
            {
                // A step returns when its batch is copied; the device may still be computing.
                try
                {
                    Step(batch);
                }
                finally
                {
                    loader.Release(batch);
                }
            }
        }
        finally
        {
            model.Device.Synchronize();
        }

        EndOfEpoch();
        TimeSpan time = Stopwatch.GetElapsedTime(begin) - paused;
        StepTime += time;
        return (time, loader.Waited);
    }

    private void Step(Batch batch)
    {
        double rate = settings.LearningRate.At(model.Step + 1, Epoch);
        long begin = Stopwatch.GetTimestamp();
        model.TrainStep(batch, rate);
        Telemetry.Step(batch.Rows, Stopwatch.GetElapsedTime(begin));
        batchBegin = EpochRows;
        EpochRows += batch.Rows;
        TrainedRows += batch.Rows;
        if (divergence.IsDue(model.Step))
            divergence.Check(Epoch, BatchRows);
        if (meter!.IsDue)
            Show(rate);
        if (sampler.IsDue(EpochRows, data.Train.Rows))
            TakeSample(rate);
        long pause = Stopwatch.GetTimestamp();
        AfterStep?.Invoke();
        paused += Stopwatch.GetElapsedTime(pause);
    }

    private void EndOfEpoch()
    {
        TakeLoss();
        divergence.Check(Epoch, BatchRows);
        meter!.At = (Epoch, model.Step);
        meter.ShowEnd();
        if (EpochRows == 0)
            throw GpuCtrException.DataError(new DataPlace(data.Train.Data.Shards.Shards[0].Path), "no row is left to train on; add rows or lower --valid-fraction");
    }

    private void Show(double rate)
    {
        TakeLoss();
        double waited = loader.Waited / meter!.Elapsed;
        meter.At = (Epoch, model.Step);
        string[] wait = waited > NotableWait ? [Invariant($"loader wait {waited:P0}")] : [];
        meter.Show(EpochRows, [.. wait, $"step {model.Step}", Invariant($"lr {rate:G3}")]);
    }

    private void TakeSample(double rate)
    {
        TakeLoss();
        Sampled?.Invoke(sampler.Cut(model.Step, Epoch, EpochRows, (lossSum, lossRows), loader.Waited.TotalSeconds, rate));
    }

    private void TakeLoss()
    {
        long rows = EpochRows - lossEnd;
        if (rows == 0)
            return;
        double mean = model.TakeLoss();
        double? auxiliary = model.TakeAuxiliaryLoss();
        meter!.AddLoss(mean);
        Telemetry.Training(mean, settings.LearningRate.At(model.Step, Epoch));
        lossSum += mean * rows;
        if (auxiliary is { } other)
            auxiliarySum = (auxiliarySum ?? 0) + other * rows;
        lossRows += rows;
        lossEnd = EpochRows;
    }
}
