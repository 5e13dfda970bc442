using System.Runtime.InteropServices;
using System.Text;

namespace GpuCtr.Data;

/// <summary>Syncs files and folders to the disk, and reports failures.</summary>
/// <remarks>
/// On Linux <c>FileStream.Flush(flushToDisk: true)</c> ignores errors of fsync, such as a full or failing disk, and there is no
/// call for folders, without which a new or renamed entry may be lost in a power failure. Therefore fsync is called directly.
/// </remarks>
internal static class Disk
{
    private const int ReadOnly = 0, Interrupted = 4;

    /// <summary>Syncs a file.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static void Flush(FileStream file)
    {
        // On Windows and macOS, .NET's call reports errors; on macOS only this call flushes the drive's cache.
        bool linux = OperatingSystem.IsLinux();
        file.Flush(flushToDisk: !linux);
        if (linux)
            Confirm(file.SafeFileHandle.DangerousGetHandle().ToInt32(), file.Name);
    }

    /// <summary>Syncs the entries of a folder: files created, renamed and removed in it.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    public static void FlushFolder(string folder)
    {
        // Windows journals folder entries and does not open folders for syncing.
        if (OperatingSystem.IsWindows())
            return;
        int handle = Open(Encoding.UTF8.GetBytes(folder + '\0'), ReadOnly);
        if (handle < 0)
            throw Error(folder, Marshal.GetLastPInvokeError());
        try
        {
            Confirm(handle, folder);
        }
        finally
        {
            _ = Close(handle);
        }
    }

    /// <summary>Writes and syncs a small file.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static void WriteText(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <summary>The same with bytes.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None);
        file.Write(bytes);
        Flush(file);
    }

    /// <summary>Writes a small file under a temporary name and renames it: at every moment the old or the new text is there as a whole.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static void ReplaceText(string path, string text)
    {
        string temporary = path + ".tmp";
        try
        {
            WriteText(temporary, text);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        FlushFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Text about needed and available space.</summary>
    /// <param name="needed">Bytes needed.</param>
    /// <param name="folder">Folder on the disk.</param>
    /// <param name="own">Bytes already written, which count as available.</param>
    public static string Space(long needed, string folder, long own = 0)
    {
        string takes = FormattableString.Invariant($"it needs {needed / 1e6:F1} MB");
        try
        {
            return FormattableString.Invariant($"{takes} and {(new DriveInfo(folder).AvailableFreeSpace + own) / 1e6:F1} MB are free");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return takes;
        }
    }

    private static void Confirm(int handle, string path)
    {
        while (Fsync(handle) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != Interrupted)
                throw Error(path, error);
        }
    }

    private static IOException Error(string path, int error) => new($"{path}: {Marshal.GetPInvokeErrorMessage(error)}");

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int Fsync(int handle);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int handle);
}
