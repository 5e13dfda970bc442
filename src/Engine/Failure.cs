namespace GpuCtr.Engine;

/// <summary>What the process returns to the shell.</summary>
public enum ExitCode
{
    /// <summary>All done.</summary>
    Done = 0,

    /// <summary>Unknown verb, flag or value; no file matches; a named column that no shard has; refused combinations.</summary>
    Usage = 2,

    /// <summary>What the files hold is broken or does not fit.</summary>
    Data = 3,

    /// <summary>Loss or gradients are not finite.</summary>
    Numeric = 4,

    /// <summary>Unreadable, unwritable, disk full.</summary>
    InputOutput = 5,

    /// <summary>The device is missing, lost or too small.</summary>
    Device = 6,

    /// <summary>Ctrl-C.</summary>
    Interrupted = 130,

    /// <summary>SIGTERM.</summary>
    Terminated = 143,
}

/// <summary>
/// The one exception that speaks to the user: one line that says what happened, where (file, row group, row, column, value)
/// and what to do about it.
/// </summary>
public sealed class Failure(ExitCode code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What the process exits with.</summary>
    public ExitCode Code { get; } = code;

    /// <summary>The column whose values cannot be read, where the failure is about one; all others still can.</summary>
    public string? Column { get; init; }

    internal static Failure BadUsage(string message) => new(ExitCode.Usage, message);

    internal static Failure BadData(string message, Exception? inner = null) => new(ExitCode.Data, message, inner);

    internal static Failure BadAccess(string message, Exception? inner = null) => new(ExitCode.InputOutput, message, inner);
}
