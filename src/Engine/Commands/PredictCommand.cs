using GpuCtr.Data;
using GpuCtr.Engine.Screens;
using GpuCtr.Models;
using GpuCtr.Training;
using GpuCtr.Training.Scoring;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of <c>predict</c>.</summary>
internal sealed record PredictCommandOptions
{
    /// <summary>What is scored, and how.</summary>
    [Options]
    public PredictOptions Predict { get; init; } = new();

    /// <summary>JSON on standard output.</summary>
    [Option("print what was done as one line of JSON on standard output", Section = OptionSection.Output)]
    public bool Json { get; init; }

    /// <summary>What every verb prints on request.</summary>
    [Options]
    public TraceOptions Trace { get; init; } = new();
}

/// <summary><c>predict --model RUN SHARDS… --out FILE</c></summary>
internal static class PredictCommand
{
    /// <summary>The verb.</summary>
    public static Verb<PredictCommandOptions> Verb { get; } = new(
        "predict", "scores rows with a trained model, in row order (shards sorted by path): one score per row, with its rank for models that rank lists, or the best next items of a sequence",
        ["gpu-ctr predict --model runs/first data/today.parquet --out scores.parquet --keep user,item", "gpu-ctr predict --model runs/first/last 'data/*.parquet' --out scores.parquet --json"],
        Execute);

    private static ExitCode Execute(PredictCommandOptions options, Arguments arguments, Terminal terminal)
    {
        using ShutdownSignal shutdown = new();
        using RunLog runLog = new(terminal.Error, options.Trace.Verbose);
        PredictResult result = Prediction.Run(options.Predict with { Shards = arguments.Values }, runLog, shutdown.Token);
        if (options.Json)
            terminal.Out.WriteLine(JsonText.Line(result));
        return ExitCode.Done;
    }
}
