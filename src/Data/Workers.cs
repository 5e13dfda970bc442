namespace GpuCtr.Data;

/// <summary>Runs numbered tasks on several threads. Results do not depend on the number of threads.</summary>
internal static class Workers
{
    /// <summary>Runs tasks 0 … count − 1; of several failures, the one of the lowest task number is thrown.</summary>
    public static void Run(int count, int threads, Action<int, CancellationToken> task, CancellationToken cancellation = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var gate = new Lock();
        int next = -1, failedTask = int.MaxValue;
        System.Runtime.ExceptionServices.ExceptionDispatchInfo? failure = null;

        void Work()
        {
            for (int i = Interlocked.Increment(ref next); i < count && !stop.IsCancellationRequested; i = Interlocked.Increment(ref next))
            {
                try
                {
                    task(i, stop.Token);
                }
                catch (Exception e)
                {
                    lock (gate)
                    {
                        // A task that was only cancelled is not the cause of the failure.
                        if (i < failedTask && !(e is OperationCanceledException && failure is not null))
                            (failedTask, failure) = (i, System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e));
                    }

                    stop.Cancel();
                }
            }
        }

        var team = new Thread[Math.Clamp(threads, 1, Math.Max(1, count)) - 1];
        for (int i = 0; i < team.Length; i++)
        {
            team[i] = new Thread(Work) { IsBackground = true, Name = $"data worker {i + 1}" };
            team[i].Start();
        }

        Work();
        foreach (Thread thread in team)
            thread.Join();
        failure?.Throw();
        cancellation.ThrowIfCancellationRequested();
    }
}
