namespace GpuCtr.Engine;

/// <summary>Exit codes of the process.</summary>
public enum ExitCode
{
    /// <summary>All done.</summary>
    Done = 0,

    /// <summary>See <see cref="ErrorKind.Usage"/>.</summary>
    Usage = 2,

    /// <summary>See <see cref="ErrorKind.Data"/>.</summary>
    Data = 3,

    /// <summary>See <see cref="ErrorKind.Numeric"/>.</summary>
    Numeric = 4,

    /// <summary>See <see cref="ErrorKind.InputOutput"/>.</summary>
    InputOutput = 5,

    /// <summary>See <see cref="ErrorKind.Device"/>.</summary>
    Device = 6,

    /// <summary>Ctrl-C.</summary>
    Interrupted = 130,

    /// <summary>SIGTERM.</summary>
    Terminated = 143,
}
