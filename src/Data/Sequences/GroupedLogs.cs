using GpuCtr.Data.Shards;
using static System.FormattableString;

namespace GpuCtr.Data.Sequences;

/// <summary>Logs of interactions as one row a user, in files of a temporary folder that is gone when this is disposed.</summary>
/// <param name="columns">The columns of the logs.</param>
/// <param name="memoryBytes">Memory for a log while it is grouped.</param>
internal sealed class GroupedLogs(InteractionColumns columns, long memoryBytes) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("gpu-ctr-").FullName;
    private int files;

    /// <summary>The users of a log in the order in which they first occur, each with a list of their items by time; interactions at the same time stay in the order of the files.</summary>
    /// <exception cref="GpuCtrException">Usage: too little memory. Data: a missing or bad user, item or timestamp. InputOutput: no space for the file.</exception>
    public ShardSet Of(ShardSet log)
    {
        if (InteractionLog.BytesOf(log.Rows) is var needed && needed > memoryBytes)
            throw GpuCtrException.UsageError(Invariant($"--memory is too little: the {log.Rows:N0} interactions of {log.Shards[0].Path} take {needed / 1e6:N0} MB while they are grouped by user, and {memoryBytes / 1e6:N0} MB are left for them; give more, or write one row a user with a list of their items"));
        string path = Path.Combine(folder, $"{files++}.parquet");
        InteractionLog read = InteractionLog.Read(log, columns);
        try
        {
            read.Write(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GpuCtrException.IoError(new DataPlace(path), $"the sequences of the users cannot be written ({e.Message}); check the space of the folder for temporary files", e);
        }

        return ShardSet.Resolve([path]);
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(folder, recursive: true);
}
