using Microsoft.Extensions.Logging;

namespace GpuCtr.Hosting;

/// <summary>Calls back when a checkpoint may have changed: at intervals, and when the file system reports that a pointer was replaced. Network folders and links report nothing, so both are needed.</summary>
/// <param name="path">The path of <see cref="CtrModelHostOptions.Model"/>.</param>
/// <param name="interval">Time between two calls; twice that after each failed one, up to <see cref="MostWait"/>.</param>
/// <param name="look">Looks, and returns whether all is well. It throws nothing: nobody would catch it.</param>
/// <param name="logger">Logs that the file system does not report changes.</param>
internal sealed partial class CheckpointWatch(string path, TimeSpan interval, Func<bool> look, ILogger logger)
{
    private static readonly TimeSpan MostWait = TimeSpan.FromMinutes(5);

    // Not disposed: the file system may still report a change after everything else has ended. They hold only memory.
    private readonly SemaphoreSlim wake = new(0);
    private readonly CancellationTokenSource stop = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FileSystemWatcher? files;
    private Thread? thread;

    /// <summary>When nothing is looked at any more.</summary>
    public Task Ended => thread is null ? Task.CompletedTask : ended.Task;

    /// <summary>Begins.</summary>
    public void Start()
    {
        if (thread is not null || stop.IsCancellationRequested)
            return;
        files = Watcher();
        thread = new Thread(Work) { IsBackground = true, Name = "gpu-ctr model host" };
        thread.Start();
    }

    /// <summary>Ends it: the call that is going on is the last one. Stopping again has no effect.</summary>
    public void Stop()
    {
        stop.Cancel();
        files?.Dispose();
    }

    private void Work()
    {
        TimeSpan wait = interval;
        try
        {
            while (true)
            {
                bool told = wake.Wait(wait, stop.Token);
                wait = look() ? interval : told ? interval : Longer(wait);
            }
        }
        catch (OperationCanceledException)
        {
            ended.SetResult();
        }
    }

    private TimeSpan Longer(TimeSpan wait) => wait >= MostWait ? wait : wait * 2;

    private FileSystemWatcher? Watcher()
    {
        string full = Path.GetFullPath(path);
        try
        {
            FileSystemWatcher watcher = new(Directory.Exists(full) ? full : Path.GetDirectoryName(full)!);
            // A pointer is replaced by renaming a file.
            watcher.Renamed += (_, _) => Wake();
            watcher.Created += (_, _) => Wake();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception e)
        {
            // Of any kind: looking at intervals does without it.
            Observers.Tell(() => TellsNothing(full, e.Message, interval.TotalSeconds));
            return null;
        }
    }

    private void Wake()
    {
        if (wake.CurrentCount == 0)
            wake.Release();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Folder}: the file system does not report changes ({Reason}); it is checked every {Seconds} s")]
    private partial void TellsNothing(string folder, string reason, double seconds);
}
