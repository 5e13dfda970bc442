using GpuCtr.Data;
using GpuCtr.Engine.Screens;
using GpuCtr.Models;
using GpuCtr.Training;
using GpuCtr.Training.Tuning;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of <c>tune</c>: its own and those of <c>train</c>.</summary>
internal sealed record TuneCommandOptions : IReadsOptions
{
    /// <summary>How it searches.</summary>
    [Options]
    public TuneOptions Search { get; init; } = new();

    /// <summary>What all its runs have in common.</summary>
    [Options]
    public TrainOptions Run { get; init; } = new();

    /// <summary>A file with options.</summary>
    [Option("options by name from a file; flags override it", Value = "FILE.json", Section = OptionSection.Rows, OnResume = OnResume.Momentary)]
    public string? Config { get; init; }

    /// <summary>The result on standard output.</summary>
    [Option("the result as one line of JSON on standard output", Section = OptionSection.Output, OnResume = OnResume.Momentary)]
    public bool Json { get; init; }

    /// <summary>Tells more.</summary>
    [Option("stack traces with errors", OnResume = OnResume.Momentary)]
    public bool Verbose { get; init; }

    /// <inheritdoc/>
    public string? OptionsFile => Config ?? (Run is { Resume: true, Out: { } folder } ? TuneFolder.ConfigIn(folder) : null);
}

/// <summary><c>tune SHARDS…</c></summary>
internal static class TuneCommand
{
    /// <summary>The verb.</summary>
    public static Verb<TuneCommandOptions> Verb { get; } = new(
        "tune", "searches for the options that train best, within a time, and leaves the best run ready to serve",
        [
            "gpu-ctr tune 'data/train-*.parquet' --valid data/valid.parquet --test data/test.parquet --budget 30m --out runs/tuned",
            "gpu-ctr tune --resume --out runs/tuned --budget 2h",
            "gpu-ctr tune clicks/ --model din --epochs 10 --trials 40 --space space.json",
        ],
        Execute);

    private static ExitCode Execute(TuneCommandOptions options, Arguments arguments, Terminal terminal)
    {
        using ShutdownSignal shutdown = new();
        using RunLog log = new(terminal.Error, options.Verbose);
        TuneResult result = Tuner.Run(new(options.Search, options.Run with { Shards = arguments.Values }, Verb.Options, arguments.Given), terminal.Error, log, shutdown.Token);
        if (options.Json)
            terminal.Out.WriteLine(JsonText.Line(result));
        return ExitCode.Done;
    }
}
