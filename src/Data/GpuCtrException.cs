namespace GpuCtr;

/// <summary>Whose turn it is to mend what went wrong.</summary>
public enum ErrorKind
{
    /// <summary>The caller's: an option or value that cannot be, a path that matches no file, a column that no shard has, options that exclude each other.</summary>
    Usage = 2,

    /// <summary>That of whoever wrote the files: what they hold is broken or does not fit.</summary>
    Data = 3,

    /// <summary>The training's: loss or gradients are not finite.</summary>
    Numeric = 4,

    /// <summary>The storage's: unreadable, unwritable, full.</summary>
    InputOutput = 5,

    /// <summary>The device's: missing, lost or too small.</summary>
    Device = 6,

    /// <summary>Nobody's: the caller asked to stop.</summary>
    Interrupted = 130,
}

/// <summary>
/// The one exception that speaks to the user: one line that says what happened, where (file, row group, row, column, value)
/// and what to do about it.
/// </summary>
public sealed class GpuCtrException(ErrorKind kind, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whose turn it is; the exit code of the command line.</summary>
    public ErrorKind Kind { get; } = kind;

    /// <summary>The column whose values cannot be read, where the error is about one; all others still can.</summary>
    public string? Column { get; init; }

    internal static GpuCtrException UsageError(string message) => new(ErrorKind.Usage, message);

    internal static GpuCtrException DataError(string message, Exception? inner = null) => new(ErrorKind.Data, message, inner);

    internal static GpuCtrException IoError(string message, Exception? inner = null) => new(ErrorKind.InputOutput, message, inner);
}
