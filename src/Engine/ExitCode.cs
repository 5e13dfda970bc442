namespace GpuCtr.Engine;

/// <summary>Exit codes of the process. The code of an error is its <see cref="ErrorKind"/>; the other codes are defined here.</summary>
public enum ExitCode
{
    /// <summary>All done.</summary>
    Done = 0,

    /// <summary>See <see cref="ErrorKind.Usage"/>.</summary>
    Usage = ErrorKind.Usage,

    /// <summary>See <see cref="ErrorKind.Data"/>.</summary>
    Data = ErrorKind.Data,

    /// <summary>See <see cref="ErrorKind.Numeric"/>.</summary>
    Numeric = ErrorKind.Numeric,

    /// <summary>See <see cref="ErrorKind.InputOutput"/>.</summary>
    InputOutput = ErrorKind.InputOutput,

    /// <summary>See <see cref="ErrorKind.Device"/>.</summary>
    Device = ErrorKind.Device,

    /// <summary>See <see cref="ErrorKind.Ranks"/>.</summary>
    Ranks = ErrorKind.Ranks,

    /// <summary>Ctrl-C.</summary>
    Interrupted = ErrorKind.Interrupted,

    /// <summary>SIGTERM.</summary>
    Terminated = 143,
}
