using GpuCtr.Data;
using GpuCtr.Engine.Screens;
using GpuCtr.Models;
using GpuCtr.Training;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of <c>train</c>.</summary>
internal sealed record TrainCommandOptions : IReadsOptions
{
    /// <summary>What the run is asked to do.</summary>
    [Options]
    public TrainOptions Run { get; init; } = new();

    /// <summary>A file with options.</summary>
    [Option("options by name from a file; flags override it", Value = "FILE.json", Section = OptionSection.Rows, OnResume = OnResume.Momentary)]
    public string? Config { get; init; }

    /// <summary>Metrics on standard output.</summary>
    [Option("final metrics as one line of JSON on standard output", Section = OptionSection.Output, OnResume = OnResume.Free)]
    public bool Json { get; init; }

    /// <summary>Tells more.</summary>
    [Option("all buffers of the memory plan; stack traces with errors", OnResume = OnResume.Free)]
    public bool Verbose { get; init; }

    /// <inheritdoc/>
    public string? OptionsFile => Config ?? (Run is { Resume: true, Out: { } folder } ? RunConfig.PathIn(folder) : null);
}

/// <summary><c>train SHARDS…</c></summary>
internal static class TrainCommand
{
    /// <summary>The verb.</summary>
    public static Verb<TrainCommandOptions> Verb { get; } = new(
        "train", "trains, evaluates after every epoch, and leaves a run folder with the best and the last checkpoint",
        [
            "gpu-ctr train 'data/train-*.parquet' --valid data/valid.parquet --test data/test.parquet --epochs 3 --out runs/first",
            "gpu-ctr train --resume --out runs/first",
            "gpu-ctr train clicks/ --label clicked --group-id user --exclude row_id --hidden-units 256,128 --json",
        ],
        Execute)
    { WorksOnRanks = true };

    private static ExitCode Execute(TrainCommandOptions options, Arguments arguments, Terminal terminal)
    {
        // Rank 0 reads, decides and speaks for all ranks; signals stop it, and with it all.
        using ShutdownSignal shutdown = new();
        TrainingResult? result = CtrTrainer.Train(RequestOf(options, arguments), terminal.Error, options.Verbose, shutdown.Token);
        if (options.Json && result is not null)
            terminal.Out.WriteLine(JsonText.Line(result.Metrics));
        return ExitCode.Done;
    }

    /// <summary>The run that a command line asks for.</summary>
    internal static RunRequest RequestOf(Arguments arguments) => RequestOf(arguments.Given.Over(new TrainCommandOptions()), arguments);

    private static RunRequest RequestOf(TrainCommandOptions options, Arguments arguments) => new(
        options.Run with { Shards = arguments.Values, Device = options.Run.Device with { Ranks = arguments.Ranks } },
        Verb.Options, arguments.Given, RunRequest.CommandLineOf(arguments.Typed));
}
