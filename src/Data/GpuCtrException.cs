namespace GpuCtr;

/// <summary>The kind of an error: who can fix it.</summary>
public enum ErrorKind
{
    /// <summary>This program: a fault of its own.</summary>
    Fault = 1,

    /// <summary>The caller: an invalid option or value, a path that matches no file, a column that no shard has, options that exclude each other.</summary>
    Usage = 2,

    /// <summary>The writer of the files: their content is broken or does not fit.</summary>
    Data = 3,

    /// <summary>Numerics of training: loss or gradients are not finite.</summary>
    Numeric = 4,

    /// <summary>Storage: unreadable, unwritable, full.</summary>
    InputOutput = 5,

    /// <summary>The device: missing, lost or too small.</summary>
    Device = 6,

    /// <summary>Several ranks: MPI is missing or is not the launcher's, or a rank does not answer.</summary>
    Ranks = 7,

    /// <summary>Not an error: the caller asked to stop.</summary>
    Interrupted = 130,
}

/// <summary>
/// The exception for everything that the user can fix. Its message is one line: what happened, where (file, row group, row, column, value)
/// and what to do about it.
/// </summary>
public sealed class GpuCtrException(ErrorKind kind, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The kind of the error; the exit code of the command line.</summary>
    public ErrorKind Kind { get; } = kind;

    /// <summary>The place in a file where it happened, if there is one; the message begins with it.</summary>
    public DataPlace? Place { get; init; }

    internal static GpuCtrException UsageError(string message) => new(ErrorKind.Usage, message);

    internal static GpuCtrException DataError(string message, Exception? inner = null) => new(ErrorKind.Data, message, inner);

    internal static GpuCtrException DataError(DataPlace place, string what, Exception? inner = null) => At(place, ErrorKind.Data, what, inner);

    internal static GpuCtrException IoError(string message, Exception? inner = null) => new(ErrorKind.InputOutput, message, inner);

    internal static GpuCtrException IoError(DataPlace place, string what, Exception? inner = null) => At(place, ErrorKind.InputOutput, what, inner);

    internal static GpuCtrException At(DataPlace place, ErrorKind kind, string what, Exception? inner = null) => new(kind, $"{place}: {what}", inner) { Place = place };
}
