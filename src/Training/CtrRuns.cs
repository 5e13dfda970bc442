using GpuCtr.Training.Export;
using GpuCtr.Training.Scoring;
using Microsoft.Extensions.Logging;

namespace GpuCtr.Training;

/// <summary>What a program can do besides training: docs/guide/library.md.</summary>
/// <remarks>Like <see cref="CtrTrainer"/>, it writes to no console and keeps no state between calls.</remarks>
public static class CtrRuns
{
    /// <summary>Scores the rows of shards into a Parquet file, as <c>gpu-ctr predict</c> does: one row for each row, in their order.</summary>
    /// <param name="options">The options, with the defaults and checks of the flags.</param>
    /// <param name="progress">Receives the number of rows done, on the scoring thread; may be null.</param>
    /// <param name="logger">Receives what the command prints; may be null.</param>
    /// <param name="cancellationToken">Ends it between two batches: nothing is written then.</param>
    /// <exception cref="GpuCtrException">Whatever ends it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static Task<PredictResult> PredictAsync(
        PredictOptions options, IProgress<WorkProgress>? progress = null, ILogger? logger = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Start(log => Prediction.Run(options, log, cancellationToken), progress, logger, cancellationToken);
    }

    /// <summary>Measures a model on shards, as <c>gpu-ctr evaluate</c> does.</summary>
    /// <param name="options">The options, with the defaults and checks of the flags.</param>
    /// <param name="progress">Receives the number of rows done, on the measuring thread; may be null.</param>
    /// <param name="logger">Receives what the command prints; may be null.</param>
    /// <param name="cancellationToken">Ends it between two batches.</param>
    /// <exception cref="GpuCtrException">Whatever ends it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static Task<EvaluateResult> EvaluateAsync(
        EvaluateOptions options, IProgress<WorkProgress>? progress = null, ILogger? logger = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Start(log => Measurement.Run(options, log, cancellationToken), progress, logger, cancellationToken);
    }

    /// <summary>Looks at shards, as <c>gpu-ctr inspect</c> does: roles, types, nulls, values, label rate and problems.</summary>
    /// <param name="options">The options, with the defaults and checks of the flags.</param>
    /// <param name="progress">Receives the number of rows done, on the reading thread; may be null.</param>
    /// <param name="logger">Receives what the command prints besides its result; may be null.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="GpuCtrException">Whatever ends it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static Task<InspectResult> InspectAsync(
        InspectOptions options, IProgress<WorkProgress>? progress = null, ILogger? logger = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Start(log => Inspection.Run(options, log, cancellationToken), progress, logger, cancellationToken);
    }

    /// <summary>Writes a model for other runtimes, as <c>gpu-ctr export</c> does.</summary>
    /// <param name="options">The options, with the defaults and checks of the flags.</param>
    /// <param name="logger">Receives what the command prints; may be null.</param>
    /// <param name="cancellationToken">Ends it before the files take their places: nothing is left then.</param>
    /// <exception cref="GpuCtrException">Whatever ends it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static Task<ExportResult> ExportAsync(ExportOptions options, ILogger? logger = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return LongWork.Start(screen => ModelExport.Write(options, screen, cancellationToken), null, logger, cancellationToken);
    }

    private static Task<T> Start<T>(Func<RunLog, T> work, IProgress<WorkProgress>? progress, ILogger? logger, CancellationToken stop) => LongWork.Start(
        screen =>
        {
            using RunLog log = new(screen, verbose: false);
            return work(log);
        },
        progress is null ? null : progress.Report, logger, stop);
}
