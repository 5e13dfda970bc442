using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Hosting;

/// <summary>A checkpoint by its content: the manifest has the hashes of all files, and its own hash is in a file beside it.</summary>
/// <param name="Folder">Full path.</param>
/// <param name="Digest">Hash of the manifest.</param>
internal sealed record CheckpointIdentity(string Folder, string Digest)
{
    /// <summary>The checkpoint that a path names now.</summary>
    /// <exception cref="GpuCtrException">Usage: it is not a checkpoint. InputOutput: it is being replaced or cannot be read.</exception>
    public static CheckpointIdentity Of(string path)
    {
        string folder = RunFolder.Resolve(path, nameof(CtrModelHostOptions.Model));
        try
        {
            return new(folder, FileDigest.Of(Path.Combine(folder, Checkpoint.ManifestFile)).Xxh3);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GpuCtrException(ErrorKind.InputOutput, $"{folder}: not a whole checkpoint ({e.Message})", e);
        }
    }
}
