using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace GpuCtr.Hosting;

/// <summary>Serves the best checkpoint of a run, and a newer one as soon as there is one that is whole: docs/serving.md.</summary>
/// <remarks>
/// A new checkpoint is loaded beside the old one: hashes, weights and canary rows are checked, which also compiles the code that its first
/// call would wait for. Then new requests get it; running requests keep the old one, and the last of them frees it. If anything
/// is wrong, the old one stays, the log says why, and the checkpoint is tried again later.
/// Safe for any number of threads.
/// </remarks>
/// <example><code>
/// using ModelLease lease = host.Rent();
/// float p = lease.Model.Score(lease.NewRow().Set("user", 42));
/// </code></example>
public sealed partial class CtrModelHost : IHostedService, IDisposable
{
    private readonly CtrModelHostOptions options;
    private readonly ILogger logger;
    private readonly Lock loading = new(), taking = new();
    private readonly CheckpointWatch watch;
    private ServedModel? current;
    private CheckpointIdentity? refused;
    private volatile string? failure;
    private volatile bool disposed;

    /// <summary>Loads nothing yet: <see cref="StartAsync"/> does.</summary>
    /// <param name="options">What it serves.</param>
    /// <param name="logger">Logs models that are loaded and models that cannot be used; null: no log.</param>
    public CtrModelHost(CtrModelHostOptions options, ILogger<CtrModelHost>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.PollInterval, TimeSpan.FromMilliseconds(1), nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.PollInterval, CtrModelHostOptions.LongestPoll, nameof(options));
        (this.options, this.logger) = (options, logger ?? NullLogger<CtrModelHost>.Instance);
        watch = new CheckpointWatch(options.Model, options.PollInterval, Refresh, this.logger);
    }

    /// <summary>Loads a checkpoint.</summary>
    internal Func<string, ScoringOptions, CtrModel> Load { get; init; } = CtrModel.Load;

    /// <summary>The state of the served model; null before the first one.</summary>
    public ModelState? State => Volatile.Read(ref current) is { } served
        ? new(served.Identity.Folder, served.Model.Architecture, served.Model.Step, served.Since, failure)
        : null;

    /// <summary>The model for a request; dispose the lease when it has its scores. Never waits.</summary>
    /// <exception cref="InvalidOperationException">The host was not started.</exception>
    /// <exception cref="ObjectDisposedException">The host is disposed.</exception>
    public ModelLease Rent()
    {
        while (true)
        {
            ServedModel? served = Volatile.Read(ref current);
            ObjectDisposedException.ThrowIf(served is null && disposed, this);
            if (served is null)
                throw new InvalidOperationException("no model is loaded yet: await StartAsync, or let the application start the host (AddCtrModel)");
            if (served.TryEnter(out Kernels.Devices.Lifetime.Lease lease))
                return new ModelLease(served, lease);
            // It was retired just now, and its successor is there.
        }
    }

    /// <summary>Loads the model and starts watching for newer ones.</summary>
    /// <exception cref="GpuCtrException">There is no model, or it cannot be loaded.</exception>
    public Task StartAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            lock (loading)
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                if (current is null)
                    TakeOver(CheckpointIdentity.Of(options.Model));
            }

            watch.Start();
        },
        cancellationToken);

    /// <summary>Stops watching, and waits for a model that is being loaded. Requests go on with the model that there is.</summary>
    /// <param name="cancellationToken">Ends the wait: a network folder may be dead.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        watch.Stop();
        await watch.Ended.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Looks for a newer checkpoint now, on the calling thread. Whatever goes wrong, the model that there is stays.</summary>
    /// <returns>Whether the host serves the current checkpoint; if not, <see cref="State"/> says why.</returns>
    public bool Refresh()
    {
        lock (loading)
        {
            if (disposed || current is null)
                return false;
            CheckpointIdentity? found = null;
            try
            {
                found = CheckpointIdentity.Of(options.Model);
                if (found != current.Identity)
                    TakeOver(found);
                (failure, refused) = (null, null);
                return true;
            }
            catch (Exception e)
            {
                // Of any kind: memory for two models may be short, and this may be a thread whose exceptions nobody catches.
                if (!disposed)
                    Refuse(found, e is GpuCtrException or Kernels.Devices.DeviceException or IOException ? e.Message : $"{e.GetType().Name}: {e.Message}");
                return false;
            }
        }
    }

    private void TakeOver(CheckpointIdentity identity)
    {
        long begin = Stopwatch.GetTimestamp();
        ServedModel taken = new(Load(identity.Folder, options.Scoring), identity);
        lock (taking)
            Interlocked.Exchange(ref current, disposed ? null : taken)?.Retire();
        if (disposed)
            taken.Retire();
        ObjectDisposedException.ThrowIf(disposed, this);
        CtrModel model = taken.Model;
        Observers.Tell(() => HostTelemetry.TookOver(model.Step, Stopwatch.GetElapsedTime(begin)));
        Observers.Tell(() => Serves(identity.Folder, model.Architecture, model.Step));
    }

    /// <summary>The same failure of the same checkpoint is logged once.</summary>
    private void Refuse(CheckpointIdentity? found, string why)
    {
        if (failure == why && refused == found)
            return;
        (failure, refused) = (why, found);
        Observers.Tell(HostTelemetry.Refused);
        Observers.Tell(() => Keeps(current?.Identity.Folder ?? "", why));
    }

    /// <summary>Ends watching without waiting; requests that have the model end with it, and later ones are refused.</summary>
    public void Dispose()
    {
        watch.Stop();
        lock (taking)
        {
            disposed = true;
            Interlocked.Exchange(ref current, null)?.Retire();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "serves {Checkpoint}: {Architecture}, step {Step}")]
    private partial void Serves(string checkpoint, string architecture, int step);

    [LoggerMessage(Level = LogLevel.Error, Message = "still serving {Checkpoint}, because the new one cannot be used: {Reason}")]
    private partial void Keeps(string checkpoint, string reason);
}
