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

    /// <summary>Takes the lock.</summary>
    /// <exception cref="GpuCtrException">Usage: another process has it. InputOutput: the folder is not writable.</exception>
    public static RunLock Take(string folder)
    {
        string path = Path.Combine(folder, LockFile), process = Path.Combine(folder, ProcessFile);
        FileStream stream;
        try
        {
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException e) when (heldElsewhere.Contains(e.HResult & 0xFFFF))
        {
            throw GpuCtrException.UsageError($"{folder}: another training run is using it (process {ReadProcess(process)}); wait for it or choose another --out");
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
