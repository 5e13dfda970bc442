using System.Globalization;
using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Data.Inspection;
using GpuCtr.Data.Sequences;
using GpuCtr.Data.Shards;
using GpuCtr.Engine.Screens;
using GpuCtr.Models;
using GpuCtr.Training;
using GpuCtr.Training.Screens;
using static System.FormattableString;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of <c>inspect</c>.</summary>
internal sealed record InspectCommandOptions
{
    /// <summary>What is looked at, and how.</summary>
    [Options]
    public InspectOptions Inspect { get; init; } = new();

    /// <summary>JSON on standard output.</summary>
    [Option("everything as one line of JSON on standard output")]
    public bool Json { get; init; }

    /// <summary>What every verb prints on request.</summary>
    [Options]
    public TraceOptions Trace { get; init; } = new();
}

/// <summary><c>inspect SHARDS…</c></summary>
internal static class InspectCommand
{
    private const int WidestValue = 24, ValuesOfText = 3;

    /// <summary>The verb.</summary>
    public static Verb<InspectCommandOptions> Verb { get; } = new(
        "inspect", "reads shards and prints roles, types, nulls, distinct and top values, list lengths, label rate and problems",
        ["gpu-ctr inspect 'data/train-*.parquet'", "gpu-ctr inspect data/ --write-manifest"],
        Execute);

    private static ExitCode Execute(InspectCommandOptions options, Arguments arguments, Terminal terminal)
    {
        using ShutdownSignal shutdown = new();
        using RunLog runLog = new(terminal.Error, options.Trace.Verbose);
        InspectResult result = Inspection.Run(options.Inspect with { Shards = arguments.Values }, runLog, shutdown.Token);
        if (options.Json)
            terminal.Out.WriteLine(JsonText.Line(result.Found));
        else
            Print(result.Found, terminal.Screen);
        string unreadable = string.Join(',', result.Unreadable.Select(ColumnNames.InShell));
        if (unreadable.Length > 0)
            throw GpuCtrException.DataError($"training would stop at columns that cannot be read: {unreadable}; rewrite them, or leave them out with --exclude {unreadable}");
        foreach (string path in result.Manifests)
            runLog.Line($"wrote {path}");
        return ExitCode.Done;
    }

    private static void Print(ShardInspection found, IScreen to)
    {
        to.Line(Invariant($"{found.Rows:N0} rows in {found.Shards:N0} shard(s), {found.RowGroups:N0} row groups, {found.Bytes / 1e6:N1} MB"));
        if (found.Label is not null)
            to.Line(Invariant($"label '{found.Label}': rate {(found.LabelRate is { } rate ? rate.ToString("P2", CultureInfo.InvariantCulture) : "not defined")}"));
        if (found.Groups is { } groups)
            to.Line(groups.Sentence());
        to.Table([["column", "type", "role", "nulls", "distinct", "AUC alone", "range or list lengths", "top values"], .. found.Columns.Select(c => Row(found, c))]);
        foreach (string problem in found.Problems)
            to.Line($"problem: {problem}");
    }

    private static string[] Row(ShardInspection found, ColumnProfile c) =>
    [
        c.Name, c.Type, c.Role.Length > 0 ? c.Role : "–",
        c.Distinct is null ? "–" : Invariant($"{(double)c.Nulls / Math.Max(1, c.Nulls + c.Values):P1}"),
        c.Distinct is { } distinct ? Invariant($"{(c.DistinctIsExact ? "" : "≈ ")}{distinct:N0}") : "–",
        c.LabelAuc is { } auc ? Invariant($"{auc:F3}") : "–",
        c.Lengths is { } l ? Invariant($"mean {l.Mean:F1}, median {l.Median}, 99 % ≤ {l.P99}, longest {l.Longest}{(l.CutRows > 0 ? $"; {(double)l.CutRows / found.Rows:P1} of the rows are cut to --max-history {l.Limit}" : "")}") : c.Range is { } r ? Invariant($"{r.Least:G4} … {r.Greatest:G4}, mean {r.Mean:G4}") : "",
        string.Join(", ", c.Top.Take(ValuesOfText).Select(t => Invariant($"{Short(t.Value)} {(double)t.Rows / Math.Max(1, c.Values):P1}"))),
    ];

    private static string Short(string value)
    {
        string line = value.ReplaceLineEndings(" ");
        return line.Length <= WidestValue ? line : line[..WidestValue] + "…";
    }
}
