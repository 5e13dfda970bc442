using System.Text.Json.Serialization;
using GpuCtr.Data;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Engine.Screens;
using GpuCtr.Models;
using GpuCtr.Training;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Metrics;
using GpuCtr.Training.Screens;
using static System.FormattableString;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of <c>evaluate</c>.</summary>
internal sealed record EvaluateOptions
{
    /// <summary>The model and how it runs.</summary>
    [Options]
    public ScoringOptions Scoring { get; init; } = new();

    /// <summary>Most memory of the whole process.</summary>
    [Option("memory limit of the whole process; rows that do not fit are streamed", Value = "SIZE", Section = OptionSection.Machine, Default = "1GB for rows, and what the model needs")]
    public ByteSize? Memory { get; init; }

    /// <summary>A list column with the items among which the right one is ranked.</summary>
    [Option("where items are predicted: rank among the items of a list column instead of all", Value = "COL", Form = OptionForm.Columns, Section = OptionSection.Rows)]
    public string? Candidates { get; init; }

    /// <summary>Where that column is, if not in the rows themselves.</summary>
    [Option("files that have the column of --candidates, with one row for each value of --by", Value = "SHARDS…", Form = OptionForm.Paths)]
    public IReadOnlyList<string> CandidatesFrom { get; init; } = [];

    /// <summary>The column by which rows and their candidates belong together.</summary>
    [Option("the column that rows and --candidates-from have in common, such as the user", Value = "COL", Form = OptionForm.Columns)]
    public string? By { get; init; }

    /// <summary>N: so many candidates are drawn.</summary>
    [Option("where items are predicted: rank among N items drawn by how often they occur in training, none of the sequence; 0 = all items", Least = 0, Most = 1_000_000)]
    public int Sampled { get; init; }

    /// <summary>Seed of these draws.</summary>
    [Option("seed of the items that --sampled draws", Least = 0)]
    public ulong Seed { get; init; } = 1;

    /// <summary>What contradicts itself; null if nothing does.</summary>
    public string? Contradiction() => Candidates is not null && Sampled > 0 ? "--candidates and --sampled both say among which items to rank; choose one"
        : CandidatesFrom.Count > 0 != By is not null || By is not null && Candidates is null ? "--candidates COL, --candidates-from SHARDS and --by COL belong together; without the last two the column is in the rows themselves"
        : null;

    /// <summary>Bad rows that may be left out.</summary>
    [Option("rows with bad labels or numbers that may be left out", Value = "N|P%")]
    public BadRowBudget BadRows { get; init; } = BadRowBudget.Zero;

    /// <summary>k of NDCG@k, MAP@k and Precision@k; null = 10 where the model ranks lists, else they are not measured.</summary>
    [Option("also NDCG@K, MAP@K and Precision@K of the groups of --group-id, as shown and by score", Value = "K", Least = 1, Default = "10 where the model ranks lists")]
    public int? Top { get; init; }

    /// <summary>JSON on standard output.</summary>
    [Option("metrics as one line of JSON on standard output")]
    public bool Json { get; init; }
}

/// <summary><c>evaluate --model RUN SHARDS…</c></summary>
internal static class EvaluateCommand
{
    /// <summary>The verb.</summary>
    public static Verb<EvaluateOptions> Verb { get; } = new(
        "evaluate", "measures a trained model: AUC, logloss, gAUC, calibration and NDCG of lists; HR@10, NDCG@10 and MRR of one that predicts items",
        ["gpu-ctr evaluate --model runs/first data/test.parquet", "gpu-ctr evaluate --model runs/first/last 'data/test-*.parquet' --json"],
        Execute);

    /// <summary>The items among which the right ones are ranked; null: all.</summary>
    private static ItemCandidates? CandidatesOf(EvaluateOptions options, ShardSet shards, VocabularyTable items) =>
        options.Sampled > 0 ? new PopularCandidates(items, options.Sampled, options.Seed)
        : options.Candidates is not { } column ? null
        : options.By is { } key ? GivenCandidates.Of(shards, ShardSet.Resolve(options.CandidatesFrom), column, key, items)
        : GivenCandidates.Of(shards, column, items);

    private const int UsualTop = 10;

    private sealed record Result(
        double? Auc, double? Logloss, double? Gauc, long Rows, double? Calibration, IReadOnlyList<CalibrationBin> CalibrationBins,
        int? GroupsUsed, int? GroupsLeftOut, int Step, string WeightsHash, string Device,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Reranking? Lists);

    private sealed record ItemResult(double? Hr10, double? Ndcg, double? Mrr, long Rows, long RowsLeftOut, int Step, string WeightsHash, string Device);

    private static ExitCode Execute(EvaluateOptions options, Arguments arguments, Terminal terminal)
    {
        options.Scoring.Source.Check(Verb.Name);
        if ((options.Contradiction() ?? (Checkpoint.Glance(options.Scoring.Source.Model!) is var (model, hasGroups) ? Unread(options, model.Model, hasGroups) : null)) is { } fault)
            throw GpuCtrException.UsageError(fault);
        return options.Scoring.Run(
            Verb, new MemoryBudget(options.Memory?.Bytes, FreeRowBytes: 1L << 30), arguments.Values, terminal, run => Execute(options, run, terminal));
    }

    /// <summary>What is wrong with flags that the model gives no meaning; null if nothing is.</summary>
    private static string? Unread(EvaluateOptions options, string model, bool hasGroups)
    {
        bool items = ModelCatalog.Of(model).PredictsItems;
        return !items && (options.Candidates is not null || options.Sampled > 0)
            ? $"{(options.Sampled > 0 ? "--sampled" : "--candidates")} is for models that predict items, and {model} predicts clicks: leave it out"
            : items && options.Top is not null ? $"--top is for models that predict clicks, and {model} predicts items, which are ranked at 10: leave it out"
            : options.Top is not null && !hasGroups ? "--top needs the column that groups rows into lists: train with --group-id"
            : null;
    }

    private static void Execute(EvaluateOptions options, ScoringRun run, Terminal terminal)
    {
        (Checkpoint checkpoint, RowSource rows, HeldMemory held, TrainableModel loaded) = options.Scoring.Source.Load(c => run.Load(c, options.BadRows));
        using TrainableModel model = loaded;
        run.Begin(checkpoint, held);
        if (options.Top is not null && !rows.Data.HasGaucKeys)
            throw GpuCtrException.UsageError("--top needs the column that groups rows into lists, which these shards do not have");
        Evaluation evaluation = Evaluate(options, model, rows, run);
        RunWarnings.AboutRows(run.RunLog, "rows", rows.Data);
        if (evaluation.HasShares)
            run.RunLog.Warn("labels are shares between 0 and 1: AUC and gAUC are not defined; logloss and calibration are");
        else if (evaluation.Items is null && !evaluation.Labels.HasBoth)
            run.RunLog.Warn($"{evaluation.Labels.OneSided()}: AUC is not defined");
        if (options.Json)
            terminal.Out.WriteLine(evaluation.Items is { } items ? JsonText.Line(ResultOf(items, evaluation, checkpoint, model)) : JsonText.Line(ResultOf(evaluation, checkpoint, model)));
        else
            Print(evaluation, terminal.Screen);
    }

    private static Evaluation Evaluate(EvaluateOptions options, TrainableModel model, RowSource rows, ScoringRun run)
    {
        ItemCandidates? candidates = model.Spec.Items is null ? null : CandidatesOf(options, rows.Data.Shards, rows.Data.Encoder.Vocabularies[0]);
        using BatchLoader loader = new(model.Device, model.Spec, run.BatchSize, training: false);
        RowSource asked = model.Spec.Items is null ? rows : new RowSource(rows.Data, rows.Part with { Sequences = SequencePart.Test });
        return run.Watch(
            rows.Rows, progress => Evaluator.Of(model, loader, asked, options.Top ?? (model.Spec.HasLists ? UsualTop : 0), candidates, progress, run.Stop), "interrupted");
    }

    private static void Print(Evaluation e, IScreen to)
    {
        if (e.Items is { } items)
        {
            to.Table([["rows", "HR@10", "NDCG@10", "MRR", "rows left out"], [Invariant($"{e.Rows:N0}"), EpochTable.Number(items.HitRate), EpochTable.Number(items.Ndcg), EpochTable.Number(items.Mrr), Invariant($"{e.RowsLeftOut:N0}")]]);
            return;
        }

        List<(string Name, string Value)> metrics = [("rows", Invariant($"{e.Rows:N0}")), ("AUC", EpochTable.Number(e.Auc)), ("logloss", EpochTable.Number(e.LogLoss)), (Calibration.Name, EpochTable.Number(e.Calibration.Ratio))];
        if (e.Groups is { } groups)
            metrics.AddRange([("gAUC", EpochTable.Number(e.Gauc)), ("groups", Invariant($"{groups.GroupsUsed:N0}")), ("groups with one label, left out", Invariant($"{groups.GroupsLeftOut:N0}"))]);
        to.Table([[.. metrics.Select(m => m.Name)], [.. metrics.Select(m => m.Value)]]);
        if (e.Lists is { } lists)
            to.Table([["lists", $"NDCG@{lists.K}", $"MAP@{lists.K}", $"Precision@{lists.K}", "used", "without a click, left out"], Row("as shown", lists.Shown), Row("by score", lists.Ranked)]);
    }

    private static ItemResult ResultOf(NextItemMetrics items, Evaluation e, Checkpoint checkpoint, TrainableModel model) => new(
        items.HitRate, items.Ndcg, items.Mrr, e.Rows, e.RowsLeftOut, checkpoint.Manifest.Position.Step, WeightsHash.Of(model), model.Device.ToString());

    private static string[] Row(string name, ListMetrics m) =>
        [name, EpochTable.Number(m.Ndcg), EpochTable.Number(m.Map), EpochTable.Number(m.Precision), Invariant($"{m.ListsUsed:N0}"), Invariant($"{m.ListsLeftOut:N0}")];

    private static Result ResultOf(Evaluation e, Checkpoint checkpoint, TrainableModel model) => new(
        e.Auc, e.LogLoss, e.Gauc, e.Rows, e.Calibration.Ratio, e.Calibration.Bins,
        e.Groups?.GroupsUsed, e.Groups?.GroupsLeftOut, checkpoint.Manifest.Position.Step, WeightsHash.Of(model), model.Device.ToString(), e.Lists);
}
