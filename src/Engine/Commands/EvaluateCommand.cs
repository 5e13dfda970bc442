using System.Text.Json.Serialization;
using GpuCtr.Data;
using GpuCtr.Engine.Screens;
using GpuCtr.Models;
using GpuCtr.Training;
using GpuCtr.Training.Metrics;
using GpuCtr.Training.Scoring;
using GpuCtr.Training.Screens;
using static System.FormattableString;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of <c>evaluate</c>.</summary>
internal sealed record EvaluateCommandOptions
{
    /// <summary>What is measured, and how.</summary>
    [Options]
    public EvaluateOptions Evaluate { get; init; } = new();

    /// <summary>JSON on standard output.</summary>
    [Option("metrics as one line of JSON on standard output", Section = OptionSection.Output)]
    public bool Json { get; init; }

    /// <summary>What every verb prints on request.</summary>
    [Options]
    public TraceOptions Trace { get; init; } = new();
}

/// <summary><c>evaluate --model RUN SHARDS…</c></summary>
internal static class EvaluateCommand
{
    /// <summary>The verb.</summary>
    public static Verb<EvaluateCommandOptions> Verb { get; } = new(
        "evaluate", "measures a trained model: AUC, logloss, gAUC, calibration and NDCG of lists; HR@10, NDCG@10 and MRR of one that predicts items",
        ["gpu-ctr evaluate --model runs/first data/test.parquet", "gpu-ctr evaluate --model runs/first/last 'data/test-*.parquet' --json"],
        Execute);

    private sealed record Result(
        double? Auc, double? Logloss, double? Gauc, long Rows, double? Calibration, IReadOnlyList<CalibrationBin> CalibrationBins,
        int? GroupsUsed, int? GroupsLeftOut, int Step, string WeightsHash, string Device,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Reranking? Lists);

    private sealed record ItemResult(double? Hr10, double? Ndcg, double? Mrr, long Rows, long RowsLeftOut, int Step, string WeightsHash, string Device);

    private static ExitCode Execute(EvaluateCommandOptions options, Arguments arguments, Terminal terminal)
    {
        using ShutdownSignal shutdown = new();
        using RunLog runLog = new(terminal.Error, options.Trace.Verbose);
        EvaluateResult result = Measurement.Run(options.Evaluate with { Shards = arguments.Values }, runLog, shutdown.Token);
        if (options.Json)
            terminal.Out.WriteLine(Line(result));
        else
            Print(result, terminal.Screen);
        return ExitCode.Done;
    }

    private static string Line(EvaluateResult r) => r.Items is { } items
        ? JsonText.Line(new ItemResult(items.HitRate, items.Ndcg, items.Mrr, r.Rows, r.RowsLeftOut, r.Step, r.WeightsHash, r.Device))
        : JsonText.Line(new Result(r.Auc, r.Logloss, r.Gauc, r.Rows, r.Calibration, r.CalibrationBins, r.GroupsUsed, r.GroupsLeftOut, r.Step, r.WeightsHash, r.Device, r.Lists));

    private static void Print(EvaluateResult r, IScreen to)
    {
        if (r.Items is { } items)
        {
            to.Table([["rows", "HR@10", "NDCG@10", "MRR", "rows left out"], [Invariant($"{r.Rows:N0}"), EpochTable.Number(items.HitRate), EpochTable.Number(items.Ndcg), EpochTable.Number(items.Mrr), Invariant($"{r.RowsLeftOut:N0}")]]);
            return;
        }

        List<(string Name, string Value)> metrics = [("rows", Invariant($"{r.Rows:N0}")), ("AUC", EpochTable.Number(r.Auc)), ("logloss", EpochTable.Number(r.Logloss)), (Calibration.Name, EpochTable.Number(r.Calibration))];
        if (r.GroupsUsed is { } used)
            metrics.AddRange([("gAUC", EpochTable.Number(r.Gauc)), ("groups", Invariant($"{used:N0}")), ("groups with one label, left out", Invariant($"{r.GroupsLeftOut:N0}"))]);
        to.Table([[.. metrics.Select(m => m.Name)], [.. metrics.Select(m => m.Value)]]);
        if (r.Lists is { } lists)
            to.Table([["lists", $"NDCG@{lists.K}", $"MAP@{lists.K}", $"Precision@{lists.K}", "used", "without a click, left out"], Row("as shown", lists.Shown), Row("by score", lists.Ranked)]);
    }

    private static string[] Row(string name, ListMetrics m) =>
        [name, EpochTable.Number(m.Ndcg), EpochTable.Number(m.Map), EpochTable.Number(m.Precision), Invariant($"{m.ListsUsed:N0}"), Invariant($"{m.ListsLeftOut:N0}")];
}
