using GpuCtr.Data;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Engine.Screens;
using GpuCtr.Models;
using GpuCtr.Training;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Explanations;
using GpuCtr.Training.Tuning;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of <c>importance</c>.</summary>
internal sealed record ImportanceCommandOptions
{
    /// <summary>The model and how it runs.</summary>
    [Options]
    public ScoringOptions Scoring { get; init; } = new();

    /// <summary>How importance is measured.</summary>
    [Options]
    public ImportanceOptions Importance { get; init; } = new();

    /// <summary>Whether the model is retrained without each column.</summary>
    [Option("train the run again without each column, with up to --repeats seeds within --budget; SHARDS replace the training shards of the run")]
    public bool Ablate { get; init; }

    /// <summary>The most time of all trainings.</summary>
    [Option("with --ablate: time limit", Value = "20m", Default = "20m")]
    public TimeBudget? Budget { get; init; }

    /// <summary>The most columns in the table.</summary>
    [Option("show only the N most important columns in the table", Least = 1, Default = "all")]
    public int? Top { get; init; }

    /// <summary>Bad rows that may be left out.</summary>
    [Option("bad rows (labels or numbers that cannot be read) that may be skipped", Value = "N|P%")]
    public BadRowBudget BadRows { get; init; } = BadRowBudget.Zero;

    /// <summary>Most memory of the whole process.</summary>
    [Option("memory limit of the whole process", Value = "SIZE", Section = OptionSection.Machine, Default = "1GB for rows, plus what the model needs")]
    public ByteSize? Memory { get; init; }

    /// <summary>JSON on standard output.</summary>
    [Option("everything as one line of JSON on standard output", Section = OptionSection.Output)]
    public bool Json { get; init; }
}

/// <summary><c>importance --model RUN SHARDS…</c></summary>
internal static class ImportanceCommand
{
    private const int UsualMinutes = 20;

    /// <summary>The verb.</summary>
    public static Verb<ImportanceCommandOptions> Verb { get; } = new(
        "importance", "measures how much a trained model relies on each column: what it loses when the values of the column are permuted, or when it is trained without it",
        ["gpu-ctr importance --model runs/first data/test.parquet", "gpu-ctr importance --model runs/first data/test.parquet --together city,region --repeats 20 --json", "gpu-ctr importance --model runs/first --ablate --budget 20m"],
        Execute);

    private static ExitCode Execute(ImportanceCommandOptions options, Arguments arguments, Terminal terminal)
    {
        options.Scoring.Source.Check(Verb.Name);
        if (Checkpoint.Glance(options.Scoring.Source.Model!) is { } seen)
            NeedsClicks(seen.Model.Model);
        if (options.Ablate)
            return Ablate(options, arguments, terminal);
        if (options.Budget is not null)
            throw GpuCtrException.UsageError("--budget limits --ablate; permutations use --repeats");
        return options.Scoring.Run(Verb, new MemoryBudget(options.Memory?.Bytes, FreeRowBytes: 1L << 30), arguments.Values, terminal, run => Execute(options, run, terminal));
    }

    private static ExitCode Ablate(ImportanceCommandOptions options, Arguments arguments, Terminal terminal)
    {
        options.Scoring.Device.Check();
        using ShutdownSignal shutdown = new();
        using RunLog log = new(terminal.Error, options.Scoring.Trace.Verbose);
        Checkpoint checkpoint = options.Scoring.Source.Load(c => c);
        using ColumnAblation ablation = new(checkpoint, options.Importance, options.Scoring.Device, arguments.Values, terminal.Error, log);
        Ablation result = ablation.Run(options.Budget?.Time ?? TimeSpan.FromMinutes(UsualMinutes), shutdown.Token);
        if (options.Json)
        {
            terminal.Out.WriteLine(JsonText.Line(result));
            return ExitCode.Done;
        }

        terminal.Screen.Line(result.Sentence());
        terminal.Screen.Table(result.Table(options.Top));
        return ExitCode.Done;
    }

    private static void NeedsClicks(string model)
    {
        if (ModelCatalog.Of(model).PredictsItems)
            throw GpuCtrException.UsageError($"importance is for models that predict clicks from several columns; {model} predicts items from the sequence alone");
    }

    private static void Execute(ImportanceCommandOptions options, ScoringRun run, Terminal terminal)
    {
        (Checkpoint checkpoint, RowSource rows, HeldMemory held, TrainableModel loaded) = options.Scoring.Source.Load(c => run.Load(c, options.BadRows, spec => HeldRows.BytesOf(spec, Math.Min(options.Importance.Rows, run.Shards.Rows))));
        using TrainableModel model = loaded;
        run.Begin(checkpoint, held);
        PermutationImportance measure = new(model, options.Importance);
        Importance importance = run.Watch(measure.Predictions(rows), progress => measure.Run(rows, progress, run.Stop), "interrupted");
        RunWarnings.AboutRows(run.RunLog, "rows", rows.Data);
        if (importance.Metrics.Auc is null)
            run.RunLog.Warn("AUC is not defined on these rows, because it needs both labels, 0 and 1: columns are sorted by logloss");
        if (options.Json)
            terminal.Out.WriteLine(JsonText.Line(importance));
        else
            Print(importance, options.Top, terminal);
    }

    private static void Print(Importance importance, int? top, Terminal terminal)
    {
        terminal.Screen.Line(importance.Sentence());
        terminal.Screen.Table(importance.Table(top));
    }
}
