using GpuCtr.Engine.Screens;
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
    [Option("rows per batch", Value = "B", Least = 1, Most = TrainOptions.MostBatchRows, Section = OptionSection.Steps)]
    public int BatchSize { get; init; } = 4096;

    /// <summary>Where it runs.</summary>
    [Options]
    public DeviceOptions Device { get; init; } = new();

    /// <summary>What it prints on request.</summary>
    [Options]
    public TraceOptions Trace { get; init; } = new();

    /// <summary>Runs the model until its work is done or a signal comes.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="memory">The memory limit of the process.</param>
    /// <param name="shards">The shards that are read.</param>
    /// <param name="terminal">Where warnings and progress go.</param>
    /// <param name="score">The work.</param>
    /// <exception cref="GpuCtrException">Usage, Data or InputOutput: the model, the shards or the device cannot be had.</exception>
    public ExitCode Run(Verb verb, MemoryBudget memory, IReadOnlyList<string> shards, Terminal terminal, Action<ScoringRun> score)
    {
        Source.Check(verb.Name);
        using ShutdownSignal shutdown = new();
        using RunLog runLog = new(terminal.Error, Trace.Verbose);
        return ScoringRun.Of(verb.Name, BatchSize, Device, memory, shards, [], runLog, shutdown.Token, run =>
        {
            score(run);
            return ExitCode.Done;
        });
    }
}
