namespace GpuCtr.Training.Checkpoints;

/// <summary>Locks a run folder against a second trainer; the operating system releases the lock when the process ends.</summary>
internal sealed class RunLock : IDisposable
{
    private const string LockFile = "run.lock", ProcessFile = "run.pid";

    // EWOULDBLOCK of Linux and macOS, sharing violation of Windows. Other errors, such as a full disk, do not mean that the folder is locked.
    private static readonly int[] heldElsewhere = [11, 35, 32];

    private readonly FileStream held;
    private readonly string processPath;

    private RunLock(FileStream held, string processPath) => (this.held, this.processPath) = (held, processPath);

    /// <summary>Whether a process has taken the lock of a folder without releasing it: it is running, or was killed.</summary>
    public static bool IsLeftIn(string folder) => File.Exists(Path.Combine(folder, LockFile));

    /// <summary>The names of what a folder holds besides the lock, in order.</summary>
    public static string[] OthersIn(string folder) =>
        [.. Directory.EnumerateFileSystemEntries(folder).Select(e => Path.GetFileName(e)).Where(name => name is not (LockFile or ProcessFile)).Order(StringComparer.Ordinal)];

    /// <summary>Takes the lock.</summary>
    /// <exception cref="GpuCtrException">Usage: another process has it.</exception>
    /// <exception cref="IOException">The folder is not writable.</exception>
    public static RunLock Take(string folder) => TryTake(folder)
        ?? throw GpuCtrException.UsageError($"{folder}: another training run is using it (process {ReadProcess(Path.Combine(folder, ProcessFile))}); wait for it or choose another --out");

    /// <summary>Takes the lock; null if another process has it.</summary>
    /// <exception cref="IOException">The folder is not writable.</exception>
    public static RunLock? TryTake(string folder)
    {
        string path = Path.Combine(folder, LockFile), process = Path.Combine(folder, ProcessFile);
        FileStream stream;
        try
        {
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException e) when (heldElsewhere.Contains(e.HResult & 0xFFFF))
        {
            return null;
        }

        try
        {
            File.WriteAllText(process, $"{Environment.ProcessId}\n");
            return new RunLock(stream, process);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        File.Delete(processPath);
        held.Dispose();
    }

    private static string ReadProcess(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "unknown";
        }
    }
}
