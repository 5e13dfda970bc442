using GpuCtr.Models;
using GpuCtr.Training;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of verbs that run a trained model over shards: which model, and how.</summary>
internal sealed record ScoringOptions
{
    /// <summary>The model.</summary>
    [Options]
    public ModelSource Source { get; init; } = new();

    /// <summary>B: rows at once.</summary>
    [Option("rows at once", Value = "B", Least = 1, Most = TrainOptions.MostBatchRows, Section = OptionSection.Steps)]
    public int BatchSize { get; init; } = 4096;

    /// <summary>Where it runs.</summary>
    [Options]
    public DeviceOptions Device { get; init; } = new();

    /// <summary>What it prints on request.</summary>
    [Options]
    public TraceOptions Trace { get; init; } = new();
}
