using System.Diagnostics;
using GpuCtr.Data;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Metrics;

namespace GpuCtr.Training;

/// <content>Saving checkpoints after an epoch, between steps and on interruption, and resuming from them.</content>
internal sealed partial class TrainRun
{
    private void Keep(Trainer trainer, EpochResult result)
    {
        CheckpointMetrics? valid = Metrics(result.Valid);
        history.Add(MetricsLog.Of(result, model.Step, trainer.SkippedSteps));
        string saved = Save(trainer.Position(epochDone: true), valid, trainer.Canaries());
        if (result.IsBest)
        {
            (bestValid, bestStep) = (valid, model.Step);
            folder.Point(RunFolder.Best, saved);
        }

        folder.Prune();
        record.Add(history[^1]);
        if (result is { IsBest: true, Valid: not null })
            evaluated = Evaluated("valid", result.Valid, trainer, data.Valid!);
        record.Report(Config, history, evaluated);
    }

    private void Restore(Checkpoint from, Trainer trainer)
    {
        TrainingPosition at = from.Manifest.Position;
        from.LoadAll(model);
        trainer.Restore(at, from.Manifest.History ?? []);
        savedStep = at.Step;
        epochs = at.EpochDone ? at.Epoch : at.Epoch - 1;
        if (from.Manifest.History is { } told)
        {
            history.AddRange(told);
            MetricsLog.Write(folder, told);
        }

        // A process that died between writing the two pointers left `last` better than `best`.
        if (at.EpochDone && at.BestEpoch == at.Epoch)
            folder.Point(RunFolder.Best, Path.GetFileName(from.Folder));
        if (Resumption.Best(folder, from, runLog) is { } best)
            (bestStep, bestValid) = (best.Position.Step, best.Valid);
        folder.Prune();
    }

    private void SaveWhenDue()
    {
        if (settings.Options.CheckpointEvery.IsDue(model.Step, Stopwatch.GetElapsedTime(dueSince)))
        {
            dueSince = Stopwatch.GetTimestamp();
            Save(current.Position(epochDone: false), null);
            folder.Prune();
        }

        AfterStep?.Invoke();
    }

    private string Save(TrainingPosition position, CheckpointMetrics? valid, IReadOnlyList<CanaryRow>? canaries = null)
    {
        long saving = Stopwatch.GetTimestamp();
        string name = folder.Save(model, data.Encoder, new RunState(position, valid, settings.BatchSize, history, Config, canaries ?? []));
        Telemetry.Checkpoint(Stopwatch.GetElapsedTime(saving));
        savedStep = model.Step;
        return name;
    }

    private GpuCtrException Interrupted(Trainer trainer)
    {
        if (model.Step > Math.Max(firstStep, savedStep))
        {
            Save(trainer.Position(epochDone: false), null);
            folder.Prune();
        }

        return new GpuCtrException(ErrorKind.Interrupted, savedStep < 0
            ? "interrupted before the first step"
            : $"interrupted after step {savedStep} (epoch {trainer.Epoch}); the checkpoint is {folder.File(RunFolder.Last)}; --resume --out {folder.Path} continues from it (in code: Resume = true and that Out)");
    }
}
