namespace GpuCtr.Data.Sources;

/// <summary>Files that are gone when they are closed, be it because the process ends; only this user can read them.</summary>
internal static class TemporaryFile
{
    /// <summary>An empty one in the folder for temporary files (TMPDIR).</summary>
    /// <exception cref="IOException">The disk is full or fails; <see cref="UnauthorizedAccessException"/> if permission is lacking.</exception>
    public static FileStream Create()
    {
        string path = Path.Combine(Path.GetTempPath(), "gpu-ctr-" + Path.GetRandomFileName());
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None };
        // Elsewhere the open file needs no name, and nothing can be left behind. Windows removes it when its last handle is closed.
        if (OperatingSystem.IsWindows())
            return new FileStream(path, Deleted(options));
        options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        FileStream file = new(path, options);
        File.Delete(path);
        return file;
    }

    private static FileStreamOptions Deleted(FileStreamOptions options)
    {
        options.Options = FileOptions.DeleteOnClose;
        return options;
    }
}
