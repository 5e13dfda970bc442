namespace GpuCtr.Training;

/// <summary>Work that takes minutes to days, as a task: on a thread of its own, because it would hold one of the pool all the time.</summary>
internal static class LongWork
{
    /// <summary>Starts it.</summary>
    /// <param name="work">The work.</param>
    /// <param name="stop">Ends it early.</param>
    /// <exception cref="GpuCtrException">Whatever ends it.</exception>
    /// <exception cref="OperationCanceledException">It was stopped; the message says what was kept and how to go on.</exception>
    public static Task<T> Start<T>(Func<T> work, CancellationToken stop) => Task.Factory.StartNew(
        () =>
        {
            try
            {
                return work();
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
