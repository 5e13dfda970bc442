using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Data.Options;
using GpuCtr.Models;
using GpuCtr.Training.Screens;

namespace GpuCtr.Training.Tuning;

/// <summary>The runs of a search: each starts or continues in its own folder, on a shared device and on rows that are encoded once.</summary>
/// <param name="request">What they have in common.</param>
/// <param name="defaults">Defaults from the data, for options that neither the request nor a trial sets.</param>
/// <param name="screen">Where their progress is shown.</param>
internal sealed class TrialRuns(TuneRequest request, OptionValues defaults, IScreen screen) : IDisposable
{
    private static readonly IReadOnlyList<Option> known = Option.Of(typeof(TrainOptions));

    private readonly Workbench bench = new(request.Run.Device.Open());

    /// <summary>Of the search and, unless another seed is tried, of its runs.</summary>
    public ulong Seed { get; } = request.Given.ByName.TryGetValue("seed", out object? given) ? (ulong)given! : new ModelOptions().Seed;

    /// <summary>The values of options in a line of trials.jsonl, by their names.</summary>
    public static IReadOnlyDictionary<string, object?> ValuesOf(JsonObject options) =>
        ConfigFile.Of(TrialLog.FileName, JsonSerializer.SerializeToElement(options), known, asTyped: false).Given.ByName;

    /// <summary>Trains a piece of a trial.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="values">The trial's differences from the defaults.</param>
    /// <param name="folder">Its run folder.</param>
    /// <param name="tells">Whether the output of the run before its first epoch is shown.</param>
    /// <param name="end">Stops it, with a checkpoint.</param>
    public RunMetrics Train(Piece piece, IReadOnlyDictionary<string, object?> values, string folder, bool tells, CancellationToken end)
    {
        Dictionary<string, object?> all = new(values) { ["epochs"] = piece.Epochs, ["out"] = folder };
        if (piece.Seed > 0)
            all["seed"] = Seed + (ulong)piece.Seed;
        return Start(all, $"trial {piece.Trial}", tells, end);
    }

    /// <summary>Tests a run that is trained to its end.</summary>
    public RunMetrics Test(Piece piece, IReadOnlyDictionary<string, object?> values, string folder, CancellationToken end) =>
        Start(new(values) { ["epochs"] = piece.Epochs, ["out"] = folder, ["test"] = request.Run.Test, ["importance"] = request.Run.Importance }, "test", tells: false, end);

    private RunMetrics Start(Dictionary<string, object?> values, string name, bool tells, CancellationToken end)
    {
        using RunLog log = new(new TrialScreen(screen, name, tells), verbose: false);
        OptionValues given = new OptionValues(values).Over(request.Given.Without("resume", "test", "importance").Over(defaults));
        RunRequest run = RunRequest.Of(given, request.Run.Shards);
        return TrainRun.Start(run with { Options = run.Options with { Resume = true } }, log, end, bench).Metrics;
    }

    /// <inheritdoc/>
    public void Dispose() => bench.Dispose();
}
