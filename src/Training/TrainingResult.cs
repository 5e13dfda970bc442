using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training;

/// <summary>What a finished run leaves.</summary>
/// <param name="Folder">Full path of the run folder.</param>
/// <param name="Metrics">Its metrics, with the hash of the weights.</param>
/// <param name="Epochs">The metrics of every epoch, those before a resumption included.</param>
public sealed record TrainingResult(string Folder, RunMetrics Metrics, IReadOnlyList<EpochMetrics> Epochs)
{
    /// <summary>The best checkpoint, as <c>CtrModel.Load</c> and <c>--model</c> take it.</summary>
    public string Best => Path.Combine(Folder, RunFolder.Best);

    /// <summary>The last checkpoint, from which a run resumes.</summary>
    public string Last => Path.Combine(Folder, RunFolder.Last);
}
