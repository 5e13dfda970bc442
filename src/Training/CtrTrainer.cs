using GpuCtr.Training.Screens;
using Microsoft.Extensions.Logging;

namespace GpuCtr.Training;

/// <summary>Trains models in the process of a program, as <c>gpu-ctr train</c> does: docs/guide/library.md.</summary>
/// <remarks>
/// It writes to no console, reads no environment variable that has no corresponding option, and keeps no state between runs, so that several runs and
/// models that score can share a process. Relative paths start from the current folder.
/// <code>
/// TrainingResult run = await CtrTrainer.TrainAsync(new TrainOptions { Shards = ["data/train-*.parquet"], Out = "runs/tonight" });
/// using CtrModel model = CtrModel.Load(run.Best);
/// </code>
/// </remarks>
public static class CtrTrainer
{
    /// <summary>Trains a model, keeps checkpoints in the run folder, and tests the best one.</summary>
    /// <param name="options">The options, with the same defaults, checks and meaning as the flags of the command line; equal options end in equal bits.</param>
    /// <param name="progress">Receives progress on the training thread, so it should return quickly; may be null.</param>
    /// <param name="logger">Receives what the command prints: lines, warnings, and a row for each epoch; may be null. run.log contains it too.</param>
    /// <param name="cancellationToken">Stops the run after the step that it is in, with a checkpoint, as SIGTERM stops the command.</param>
    /// <returns>The result of the run, which trains on its own thread.</returns>
    /// <exception cref="GpuCtrException">The run failed: <see cref="GpuCtrException.Kind"/> says who can fix it, <see cref="GpuCtrException.Place"/> where it is, the message what to do.</exception>
    /// <exception cref="OperationCanceledException">It was stopped; its message names the checkpoint and how to continue: the same <see cref="TrainOptions.Out"/>, and <see cref="TrainOptions.Resume"/>.</exception>
    public static Task<TrainingResult> TrainAsync(
        TrainOptions options, IProgress<TrainingProgress>? progress = null, ILogger? logger = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return LongWork.Start(
            screen => Train(RunRequest.Of(options), screen, verbose: false, cancellationToken)!,
            progress is null ? null : work => progress.Report(work as TrainingProgress ?? new(work)), logger, cancellationToken);
    }

    /// <summary>The same for a request that records which options were given, with a screen for progress and results; null on ranks other than 0.</summary>
    internal static TrainingResult? Train(RunRequest request, IScreen screen, bool verbose, CancellationToken stop)
    {
        TrainingResult? result = null;
        SharedRun.Run(request, led =>
        {
            using RunLog log = new(screen, verbose);
            result = TrainRun.Start(led, log, stop);
        });
        return result;
    }
}
