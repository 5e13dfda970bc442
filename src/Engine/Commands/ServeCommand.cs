using GpuCtr.Engine.Screens;
using GpuCtr.Engine.Serving;
using GpuCtr.Models;
using GpuCtr.Training;
using GpuCtr.Training.Checkpoints;
using Microsoft.Extensions.Logging;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of <c>serve</c>.</summary>
internal sealed record ServeOptions
{
    /// <summary>What is served.</summary>
    [Option("a run folder (its best checkpoint, and each better one as soon as it exists), its best or last, or a checkpoint folder", Value = "RUN")]
    public string? Model { get; init; }

    /// <summary>TCP port.</summary>
    [Option("TCP port; 0 = a free one", Least = 0, Most = ushort.MaxValue)]
    public int Port { get; init; } = 8080;

    /// <summary>Address that is listened to.</summary>
    [Option("address to listen on: this machine only (127.0.0.1), all its networks (0.0.0.0), or one of them; there is no encryption and no authentication", Value = "IP")]
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Requests that are computed at once.</summary>
    [Option("requests computed at once, each on one core; 0 = one per core", Least = 0, Most = DeviceOptions.MostThreads)]
    public int Threads { get; init; }

    /// <summary>Requests that wait for a thread.</summary>
    [Option("requests that may wait for a thread; others are answered with 503", Least = 0, Most = 1_000_000)]
    public int Queue { get; init; } = 1000;

    /// <summary>Rows of a request.</summary>
    [Option("maximum rows or candidates of a request", Least = 1, Most = 1_000_000)]
    public int MaxRows { get; init; } = 1000;

    /// <summary>Bytes of a request.</summary>
    [Option("maximum size of a request", Value = "SIZE")]
    public ByteSize MaxBody { get; init; } = 4L << 20;

    /// <summary>Skips columns that the model does not read.</summary>
    [Option("skip columns that the model does not read, instead of returning an error")]
    public bool IgnoreUnknown { get; init; }

    /// <summary>How often a better checkpoint is looked for.</summary>
    [Option("seconds between checks for a better checkpoint; changes reported by the file system are checked at once", Least = 1, Most = 86_400)]
    public int Poll { get; init; } = 5;

    /// <summary>What every verb prints on request.</summary>
    [Options]
    public TraceOptions Trace { get; init; } = new();
}

/// <summary><c>serve --model RUN --port N</c></summary>
internal static class ServeCommand
{
    /// <summary>The verb.</summary>
    public static Verb<ServeOptions> Verb { get; } = new(
        "serve", "answers requests over HTTP with a trained model, and with a better one as soon as training has written it: POST /score and /rank, GET /model, /health and /metrics",
        ["gpu-ctr serve --model runs/first", "gpu-ctr serve --model runs/first --host 0.0.0.0 --port 80 --threads 4"],
        Execute)
    { Values = null };

    private static ExitCode Execute(ServeOptions options, Arguments arguments, Terminal terminal)
    {
        RunFolder.Require(options.Model, "serve");
        using ShutdownSignal shutdown = new();
        Serve(options, terminal, shutdown.Token).GetAwaiter().GetResult();
        return ExitCode.Done;
    }

    private static async Task Serve(ServeOptions options, Terminal terminal, CancellationToken stop)
    {
        await using ModelServer server = await ModelServer.Start(options, (level, text) => terminal.Error.Line(level >= LogLevel.Warning ? $"{level}: {text}" : text));
        terminal.Error.Line($"listening on {server.Address}; Ctrl-C stops it after the running requests");
        await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
