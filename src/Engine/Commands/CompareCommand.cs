using System.Globalization;
using System.Text.Json.Nodes;
using GpuCtr.Data;
using GpuCtr.Engine.Screens;
using GpuCtr.Models;
using GpuCtr.Training;
using GpuCtr.Training.Metrics;
using GpuCtr.Training.Reports;
using GpuCtr.Training.Screens;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of <c>compare</c>.</summary>
internal sealed record CompareOptions
{
    /// <summary>JSON on standard output.</summary>
    [Option("a JSON array on one line of standard output")]
    public bool Json { get; init; }

    /// <summary>What every verb prints on request.</summary>
    [Options]
    public TraceOptions Trace { get; init; } = new();
}

/// <summary><c>compare RUN RUN…</c></summary>
internal static class CompareCommand
{
    private const int WidestValue = 40;

    // These options do not describe the training itself; the model has its own column.
    private static readonly string[] ignored = ["model", "out", "json", "verbose", "config", "resume", "overwrite"];

    /// <summary>The verb.</summary>
    public static Verb<CompareOptions> Verb { get; } = new(
        "compare", "compares runs: metrics of the best epoch, test metrics, speed, and the options in which they differ",
        ["gpu-ctr compare runs/first runs/second", "gpu-ctr compare runs/* --json"],
        Execute)
    { Values = "RUN RUN…" };

    /// <summary>A run; a number is null if the run does not have it.</summary>
    private sealed record Line(
        string Run, string Model, int Epochs, int? BestEpoch, bool Finished, double? ValidAuc, double? ValidLogloss, double? ValidGauc,
        double? TestAuc, double? TestLogloss, double? TestGauc, RankingOf Valid, RankingOf Test, double? RowsPerSecond, double? TrainSeconds, IReadOnlyDictionary<string, string> Differences);

    /// <summary>Metrics of rankings: of the next items at 10, or NDCG of lists at --top.</summary>
    private sealed record RankingOf(double? Hr10, double? Ndcg, double? Mrr);

    private static ExitCode Execute(CompareOptions options, Arguments arguments, Terminal terminal)
    {
        if (arguments.Values.Count < 2)
            throw GpuCtrException.UsageError($"compare needs two run folders or more, not {arguments.Values.Count}");
        RunFacts[] runs = [.. arguments.Values.Select(RunFacts.Of)];
        string[] different = [.. runs.SelectMany(r => r.Options.Select(o => o.Key)).Distinct().Except(ignored).Where(o => runs.Select(r => Text(r.Options[o])).Distinct().Count() > 1)];
        Line[] lines = [.. runs.Select(r => LineOf(r, different))];
        if (options.Json)
            terminal.Out.WriteLine(JsonText.Line(lines));
        else
            Print(lines, different, terminal.Screen);
        if (runs.Select(r => Text(r.Config["data"])).Distinct().Count() > 1)
            terminal.Error.Line("note: the runs were not trained and validated on the same shards; their metrics are for different rows");
        return ExitCode.Done;
    }

    private static Line LineOf(RunFacts r, string[] different) => new(
        r.Name, r.Model, r.Epochs.Count, r.Best?.Epoch, r.Result is not null, r.Best?.ValidAuc, r.Best?.ValidLogloss, r.Best?.ValidGauc,
        r.IsTested ? r.Result!.Auc : null, r.IsTested ? r.Result!.Logloss : null, r.IsTested ? r.Result!.Gauc : null,
        new(r.Best?.ValidHr10, r.Best?.ValidNdcg, r.Best?.ValidMrr),
        r.IsTested ? new(r.Result!.Hr10, r.Result.Ndcg, r.Result.Mrr) : new(null, null, null),
        r.Result?.RowsPerSecond ?? r.Epochs.LastOrDefault()?.RowsPerSecond, r.Result?.TrainSeconds, different.ToDictionary(o => o, o => Text(r.Options[o])));

    private static void Print(Line[] lines, string[] different, IScreen to)
    {
        List<string[]> columns =
        [
            ["run", .. lines.Select(l => l.Run)],
            ["model", .. lines.Select(l => l.Model)],
            ["epochs", .. lines.Select(l => l.Finished ? $"{l.Epochs}" : $"{l.Epochs}, unfinished")],
            ["best", .. lines.Select(l => $"{l.BestEpoch?.ToString(CultureInfo.InvariantCulture) ?? "–"}")],
            Column("valid AUC", lines, l => l.ValidAuc, Enumerable.Max),
            Column("valid logloss", lines, l => l.ValidLogloss, Enumerable.Min),
            Column("valid gAUC", lines, l => l.ValidGauc, Enumerable.Max),
            Column("test AUC", lines, l => l.TestAuc, Enumerable.Max),
            Column("test logloss", lines, l => l.TestLogloss, Enumerable.Min),
            Column("test gAUC", lines, l => l.TestGauc, Enumerable.Max),
            .. Rankings("valid", lines, l => l.Valid),
            .. Rankings("test", lines, l => l.Test),
            Column("rows/s", lines, l => l.RowsPerSecond, null, "N0"),
            Column("seconds", lines, l => l.TrainSeconds, null, "F1"),
        ];
        // What no run has is no column.
        columns.RemoveAll(c => c.Skip(1).All(cell => cell == "–"));
        to.Table([.. Enumerable.Range(0, lines.Length + 1).Select(i => columns.Select(c => c[i]).ToArray())]);
        if (different.Length == 0)
            return;
        to.Line("");
        to.Table([["option", .. lines.Select(l => l.Run)], .. different.Select(o => (string[])[o, .. lines.Select(l => Short(l.Differences[o]))])]);
    }

    private static string[][] Rankings(string name, Line[] lines, Func<Line, RankingOf> of) =>
    [
        Column($"{name} HR@10", lines, l => of(l).Hr10, Enumerable.Max), Column($"{name} NDCG", lines, l => of(l).Ndcg, Enumerable.Max), Column($"{name} MRR", lines, l => of(l).Mrr, Enumerable.Max),
    ];

    /// <summary>Highlights a cell whose star marks the best value.</summary>
    private static string[] Column(string name, Line[] lines, Func<Line, double?> value, Func<IEnumerable<double?>, double?>? best, string format = "F5")
    {
        double? mark = best?.Invoke(lines.Select(value));
        return [name, .. lines.Select(l => value(l) is { } v ? v.ToString(format, CultureInfo.InvariantCulture) + (best is null ? "" : v == mark ? " *" : "  ") : "–")];
    }

    private static string Text(JsonNode? node) => node switch
    {
        null => "–",
        JsonArray list => string.Join(',', list.Select(Text)),
        JsonObject => node.ToJsonString(),
        _ => $"{node}",
    };

    private static string Short(string value) => value.Length <= WidestValue ? value : value[..WidestValue] + "…";
}
