using System.Runtime.InteropServices;

namespace GpuCtr.Engine;

/// <summary>Ctrl-C and SIGTERM: the first one asks the run to stop after the step it is in, the second one ends the process at once.</summary>
internal sealed class ShutdownSignal : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration[] registrations;
    private static int last = (int)ExitCode.Interrupted;
    private int exitCode;

    /// <summary>Begins to listen.</summary>
    public ShutdownSignal() => registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Note(context, ExitCode.Interrupted)),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Note(context, ExitCode.Terminated)),
    ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Whether a signal came.</summary>
    public bool IsRequested => source.IsCancellationRequested;

    /// <summary>The exit code of the last signal that came.</summary>
    public static ExitCode Last => (ExitCode)Volatile.Read(ref last);

    /// <summary>Stops as if a signal had come.</summary>
    internal void Request(ExitCode code)
    {
        if (Interlocked.CompareExchange(ref exitCode, (int)code, 0) != 0)
            Environment.Exit((int)code);
        Volatile.Write(ref last, (int)code);
        source.Cancel();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in registrations)
            registration.Dispose();
        source.Dispose();
    }

    private void Note(PosixSignalContext context, ExitCode code)
    {
        context.Cancel = true;
        Request(code);
    }
}
