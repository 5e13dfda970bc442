using GpuCtr.Training.Screens;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace GpuCtr.Training;

/// <summary>Work that takes minutes to days, as a task: on a dedicated thread, because it would block a thread of the pool.</summary>
internal static class LongWork
{
    /// <summary>Starts it.</summary>
    /// <param name="work">The work; receives the progress to report to.</param>
    /// <param name="progress">Receives its progress; null: none is reported.</param>
    /// <param name="logger">Receives its lines; null: nothing is printed.</param>
    /// <param name="stop">Ends it early.</param>
    /// <exception cref="GpuCtrException">Whatever ends it.</exception>
    /// <exception cref="OperationCanceledException">It was stopped; the message says what was saved and how to continue.</exception>
    public static Task<T> Start<T>(Func<IScreen, T> work, Action<WorkProgress>? progress, ILogger? logger, CancellationToken stop) => Task.Factory.StartNew(
        () =>
        {
            try
            {
                return work(new LoggerScreen(logger ?? NullLogger.Instance, progress));
            }
            catch (Exception e) when (Failures.Of(e) is { Kind: ErrorKind.Interrupted } stopped)
            {
                throw new OperationCanceledException(stopped.Message, e, stop);
            }
            catch (Exception e) when (e is not GpuCtrException)
            {
                throw Failures.Of(e);
            }
        },
        stop, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
}
