using System.Globalization;
using GpuCtr.Data;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Engine.Screens;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Training;
using GpuCtr.Training.Explanations;
using GpuCtr.Training.Screens;
using static System.FormattableString;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of <c>explain</c>.</summary>
internal sealed record ExplainOptions
{
    /// <summary>The model.</summary>
    [Options]
    public ModelSource Source { get; init; } = new();

    /// <summary>Which row.</summary>
    [Option("number of the row, from 0 (shards sorted by path)", Least = 0)]
    public int Row { get; init; }

    /// <summary>Columns of which similar values are sought.</summary>
    [Option("columns whose most similar values are listed (default: the targets of histories, else the largest vocabulary)", Value = "COL,…", Form = OptionForm.Columns)]
    public IReadOnlyList<string> Nearest { get; init; } = [];

    /// <summary>JSON on standard output.</summary>
    [Option("everything as one line of JSON on standard output")]
    public bool Json { get; init; }

    /// <summary>What every verb prints on request.</summary>
    [Options]
    public TraceOptions Trace { get; init; } = new();
}

/// <summary><c>explain --model RUN --row N SHARDS…</c></summary>
internal static class ExplainCommand
{
    /// <summary>The verb.</summary>
    public static Verb<ExplainOptions> Verb { get; } = new(
        "explain", "explains the prediction of one row: terms and effect of every column, attention, similar values",
        ["gpu-ctr explain --model runs/first --row 17 data/today.parquet", "gpu-ctr explain --model runs/first --row 17 data/today.parquet --nearest item,brand --json"],
        Execute);

    private static ExitCode Execute(ExplainOptions options, Arguments arguments, Terminal terminal)
    {
        options.Source.Check(Verb.Name);
        ShardSet shards = ShardSet.Resolve(arguments.Values);
        if (options.Row >= shards.Rows)
            throw GpuCtrException.UsageError($"--row {options.Row}: the shards have {shards.Rows} rows, numbered from 0");
        using Device device = Device.Open("cpu", threads: 1);
        (FeatureEncoder encoder, FrozenModel loaded) = options.Source.Load(checkpoint =>
        {
            checkpoint.NeedsClicks(Verb.Name);
            FeatureEncoder features = checkpoint.LoadEncoder();
            int rows = ModelCatalog.RanksLists(checkpoint.Manifest.Model.Model) ? shards.Lists(features.GroupKey!).Longest().Rows : 1;
            return (features, checkpoint.LoadFrozen(device, features.Spec, rows));
        });
        using FrozenModel model = loaded;
        using Dataset data = new(shards, encoder, new DatasetOptions { NeedLabel = false, ListRows = model.Spec.HasLists ? model.BatchSize : 0 });
        using Batch rows = new(device, model.Spec, model.BatchSize);
        int at = data.ReadRow(options.Row, rows);
        double? label = shards.Column(encoder.Label!) is null ? null : rows.Labels[at];
        Explanation explanation = new RowExplainer(model, encoder).Explain(rows, at, options.Row, label, NearestOf(options.Nearest, model.Spec));
        if (!double.IsFinite(explanation.Logit))
            data.LeaveOut(options.Row);
        if (options.Json)
            terminal.Out.WriteLine(JsonText.Line(explanation));
        else
            Print(explanation, terminal.Screen);
        return ExitCode.Done;
    }

    private static int[] NearestOf(IReadOnlyList<string> columns, FeatureSpec spec)
    {
        string[] names = [.. spec.Categorical.Select(c => c.Name)];
        if (columns.Count > 0)
            return [.. columns.Select(name => Array.IndexOf(names, name) is var i and >= 0 ? i : throw GpuCtrException.UsageError(
                $"--nearest {ColumnNames.InShell(name)}: not a categorical column of the model{Spelling.Suggest(name, names)}; these are {ColumnNames.Listing(names)}"))];
        int[] targets = [.. spec.Sequences.Where(s => s.Role == SequenceRole.History).Select(s => s.Target).Distinct()];
        return targets.Length > 0 || names.Length == 0 ? targets : [Enumerable.Range(0, names.Length).MaxBy(f => spec.Vocabularies[spec.Categorical[f].Vocabulary].Rows)];
    }

    private static void Print(Explanation e, IScreen to)
    {
        to.Line(Invariant($"row {e.Row}: score {e.Score:F5}, logit {e.Logit:F5}{(e.Label is { } label ? Invariant($", label {label:0}") : "")} ({e.Model})"));
        (string Name, double? Value)[] parts = [("bias", e.Bias), ("first order", e.Fields.Sum(f => f.FirstOrder)), ("FM", e.Fields.Sum(f => f.Fm)), ("network", e.Network)];
        bool hasFirst = e.Fields.Any(f => f.FirstOrder is not null), hasFm = e.Fields.Any(f => f.Fm is not null);
        to.Line($"logit = {string.Join(" + ", parts.Where(p => p.Value is not null && (p.Name != "first order" || hasFirst) && (p.Name != "FM" || hasFm)).Select(p => $"{p.Name} {Signed(p.Value)}"))}");
        to.Line("");
        List<string[]> columns =
        [
            ["column", .. e.Fields.Select(f => f.Field)], ["value", .. e.Fields.Select(f => f.Value)], ["effect", .. e.Fields.Select(f => Signed(f.Effect))],
            ["first order", .. e.Fields.Select(f => Signed(f.FirstOrder))], ["FM", .. e.Fields.Select(f => Signed(f.Fm))],
        ];
        columns.RemoveAll(c => c[0] == "first order" && !hasFirst || c[0] == "FM" && !hasFm);
        to.Table([.. Enumerable.Range(0, e.Fields.Count + 1).Select(i => columns.Select(c => c[i]).ToArray())]);
        foreach (AttentionPart a in e.Attention)
            Print(a, to);
        if (e.List is { } list)
            Print(list, to);
        foreach (Neighbours n in e.Nearest)
        {
            to.Line($"\nvectors most like that of {n.Field} {n.Value}");
            to.Table([["value", "cosine"], .. n.Values.Select(v => new[] { v.Value, v.Cosine.ToString("F4", CultureInfo.InvariantCulture) })]);
        }
    }

    private static void Print(AttentionPart a, IScreen to)
    {
        to.Line($"\nattention to {string.Join(", ", a.Histories)} for {string.Join(", ", a.Targets)}{(a.Entries.Count == 0 ? ": no entries" : "")}");
        if (a.Entries.Count > 0)
            to.Table([["entry", .. a.Histories, "weight"], .. a.Entries.Select(t => (string[])[$"{t.Position}", .. t.Values, t.Weight.ToString("F4", CultureInfo.InvariantCulture)])]);
        if (a.Padding != 0)
            to.Line(Invariant($"padding, which takes part in this variant: {a.Padding:F4}"));
    }

    private static void Print(ListPart list, IScreen to)
    {
        to.Line($"\nplace {list.Place} of {list.Rows.Count + 1} in its list, rank {list.Rank}{(list.Rows.Count > 0 ? "; the others:" : "")}");
        if (list.Rows.Count > 0)
            to.Table([["place", "score", "effect"], .. list.Rows.Select(r => (string[])[$"{r.Place}", r.Score.ToString("F5", CultureInfo.InvariantCulture), Signed(r.Effect)])]);
    }

    private static string Signed(double? value) => value is { } v ? v.ToString("+0.0000;-0.0000;0.0000", CultureInfo.InvariantCulture) : "–";
}
