using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training;

/// <summary>Finds the checkpoint from which a run resumes.</summary>
internal static class Resumption
{
    /// <summary>The last checkpoint or, if that is damaged, the newest one that is not; null if the run never wrote one.</summary>
    /// <remarks>Damaged newer checkpoints are removed, so that they are neither loaded later nor counted among those to keep.</remarks>
    /// <exception cref="GpuCtrException">Data: every checkpoint is damaged.</exception>
    public static Checkpoint? Find(RunFolder folder, RunLog runLog)
    {
        string[] names = [.. new[] { PointerFile.Read(folder.File(RunFolder.Last)) }.OfType<string>().Concat(folder.CheckpointNames()).Distinct()];
        for (int i = 0; i < names.Length; i++)
        {
            try
            {
                Checkpoint found = Checkpoint.Open(folder.Checkpointed(names[i]));
                TrainingPosition at = found.Manifest.Position;
                runLog.Line($"resuming after step {at.Step} (epoch {at.Epoch}, {(at.EpochDone ? "done" : $"{at.EpochRows} rows")})");
                GoBack(folder, names[i], names[..i]);
                return found;
            }
            catch (GpuCtrException e) when (e.Kind == ErrorKind.Data && i + 1 < names.Length)
            {
                runLog.Warn($"{e.Message}; continuing from {folder.Checkpointed(names[i + 1])}");
            }
        }

        runLog.Line("the run has no checkpoint yet: starting from the beginning");
        return null;
    }

    /// <summary>The manifest of the best checkpoint; if that is damaged, of the checkpoint from which the run resumes. Null if there is none yet.</summary>
    public static CheckpointManifest? Best(RunFolder folder, Checkpoint from, RunLog runLog)
    {
        if (folder.Pointed(RunFolder.Best) is not { } best)
            return null;
        try
        {
            return Checkpoint.Open(best).Manifest;
        }
        catch (GpuCtrException e) when (e.Kind == ErrorKind.Data)
        {
            runLog.Warn($"the best checkpoint is lost ({e.Message}); {from.Folder} is taken as the best one until an epoch is better");
            folder.Point(RunFolder.Best, Path.GetFileName(from.Folder));
            return from.Manifest;
        }
    }

    private static void GoBack(RunFolder folder, string found, string[] damaged)
    {
        if (damaged.Length == 0)
            return;
        folder.Point(RunFolder.Last, found);
        foreach (string name in damaged.Where(n => Directory.Exists(folder.Checkpointed(n))))
            folder.Remove(name);
    }
}
