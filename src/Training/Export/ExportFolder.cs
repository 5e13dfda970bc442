using GpuCtr.Data;

namespace GpuCtr.Training.Export;

/// <summary>A temporary folder for the files of an export, so that a failure does not change existing files.</summary>
/// <exception cref="IOException">The disk is full or fails.</exception>
internal sealed class ExportFolder : IDisposable
{
    private readonly string target, temporary;

    /// <param name="path">Full path of the model's file.</param>
    public ExportFolder(string path)
    {
        target = Path.GetDirectoryName(path)!;
        temporary = Path.Combine(target, $".{Path.GetFileName(path)}.tmp");
        Dispose();
        Directory.CreateDirectory(temporary);
    }

    /// <summary>The temporary path for a file with this final path.</summary>
    public string File(string path) => Path.Combine(temporary, Path.GetFileName(path));

    /// <summary>Moves every file to its final path.</summary>
    public void Complete()
    {
        foreach (string from in Directory.GetFiles(temporary, "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(target, Path.GetRelativePath(temporary, from));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            System.IO.File.Move(from, to, overwrite: true);
        }
        Disk.FlushFolder(target);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(temporary))
            Directory.Delete(temporary, recursive: true);
    }
}
