using GpuCtr.Engine.Checkpoints;

namespace GpuCtr.Engine.Training;

/// <summary>Finds the checkpoint from which a run goes on.</summary>
internal static class Resumption
{
    /// <summary>The last checkpoint, or the best one where the last one is damaged; null where the run never came to one.</summary>
    /// <exception cref="Failure">Data: every checkpoint is damaged.</exception>
    public static Checkpoint? Find(RunFolder folder, Journal journal)
    {
        string[] candidates = [.. new[] { RunFolder.Last, RunFolder.Best }.Select(folder.Pointed).OfType<string>().Distinct()];
        for (int i = 0; i < candidates.Length; i++)
        {
            try
            {
                Checkpoint found = Checkpoint.Open(candidates[i]);
                TrainingPosition at = found.Manifest.Position;
                journal.Line($"resuming after step {at.Step} (epoch {at.Epoch}, {(at.EpochDone ? "done" : $"{at.EpochRows} rows")})");
                return found;
            }
            catch (Failure e) when (e.Code == ExitCode.Data && i + 1 < candidates.Length)
            {
                journal.Warn($"{e.Message}; going back to {candidates[i + 1]}");
            }
        }

        journal.Line("the run has no checkpoint yet: starting from the beginning");
        return null;
    }
}
