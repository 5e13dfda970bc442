using System.Diagnostics;
using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Data.Options;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Screens;
using GpuCtr.Training.Tuning;
using static System.FormattableString;

namespace GpuCtr.Training.Explanations;

/// <summary>
/// Trains a run again without each column. The runs share device, encoding and rows; a column is left out by reading its ids as padding, its numbers as 0 and its lists as empty,
/// so that nothing else about the model or its rows changes.
/// </summary>
internal sealed class ColumnAblation : IDisposable
{
    private static readonly IReadOnlyList<Option> known = Option.Of(typeof(TrainOptions));

    private readonly IReadOnlyList<string> columns;
    private readonly ImportanceOptions options;
    private readonly OptionValues given;
    private readonly IReadOnlyList<string> shards;
    private readonly Workbench bench;
    private readonly DirectoryInfo scratch;
    private readonly IScreen screen;
    private readonly RunLog log;
    private int trainings;

    /// <summary>Prepares it.</summary>
    /// <param name="from">A checkpoint of the run.</param>
    /// <param name="options">How many seeds, and which columns are one.</param>
    /// <param name="device">Where it trains.</param>
    /// <param name="shards">Training shards; empty: those of the run.</param>
    /// <param name="screen">Where progress is shown.</param>
    /// <param name="log">Where results are told.</param>
    /// <exception cref="GpuCtrException">Usage: the checkpoint has no training options, or there are no validation rows.</exception>
    public ColumnAblation(Checkpoint from, ImportanceOptions options, DeviceOptions device, IReadOnlyList<string> shards, IScreen screen, RunLog log)
    {
        (this.options, this.screen, this.log) = (options, screen, log);
        columns = [.. PermutationImportance.GroupsOf(from.LoadEncoder(), options.Together).Select(g => g.Name)];
        ConfigFile config = InheritedOptions.Of(from, known);
        this.shards = shards.Count > 0 ? shards : config.Shards;
        given = OptionValues.Of(device, new DeviceOptions()).Over(config.Given.Without(["out", "test", "importance", "checkpoint-every", "slices", .. Option.DeclaredBy(typeof(DeviceOptions)).Select(o => o.Name)]));
        TrainOptions run = given.Over(new TrainOptions());
        if (run.Valid.Count == 0 && run.ValidLast is null && run.ValidFraction == 0)
            throw GpuCtrException.UsageError("--ablate compares runs on validation rows, and this run had none; name some with --valid in another run");
        bench = new Workbench(device.Open());
        scratch = Directory.CreateTempSubdirectory("gpu-ctr-ablate-");
    }

    /// <summary>Trains while the budget lasts: with all columns and without each one, seed by seed.</summary>
    /// <param name="budget">The time; the first run and one without a column are trained in any case.</param>
    /// <param name="stop">Ends it early.</param>
    /// <exception cref="GpuCtrException">Whatever ends a run.</exception>
    public Ablation Run(TimeSpan budget, CancellationToken stop)
    {
        long begin = Stopwatch.GetTimestamp();
        List<double> whole = [];
        List<double>[] losses = [.. columns.Select(_ => new List<double>())];
        string metric = "";
        log.Line($"ablate  {columns.Count} columns, one run for each and seed, within {new TimeBudget(budget)}");
        for (int seed = 0; seed < options.Repeats; seed++)
        {
            TimeSpan? Left(bool must) => must ? null : budget - Stopwatch.GetElapsedTime(begin);
            if (Train(null, seed, Left(seed == 0), stop) is not { } best)
                break;
            (metric, double value) = (best.Metric, best.Value!.Value);
            whole.Add(value);
            int done = 0;
            while (done < columns.Count && Train(columns[done], seed, Left(seed == 0 && done == 0), stop) is { Value: { } without })
                losses[done++].Add(metric == "logloss" ? without - value : value - without);
            if (done < columns.Count)
                break;
        }

        return new(metric, whole.Average(), losses.Min(l => l.Count), trainings, Stopwatch.GetElapsedTime(begin).TotalSeconds,
            [.. columns.Select((c, i) => new AblatedColumn(c, losses[i].Count, losses[i].Count == 0 ? null : Loss.Of(losses[i]))).OrderByDescending(c => c.Loses?.Mean ?? double.NegativeInfinity)]);
    }

    /// <summary>The best validation metric of a run; null if its time was up.</summary>
    private MonitoredBest? Train(string? without, int seed, TimeSpan? left, CancellationToken stop)
    {
        if (left <= TimeSpan.Zero)
            return null;
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (left is { } time)
            end.CancelAfter(time);
        string name = without is null ? "all columns" : $"without {without}";
        OptionValues values = new OptionValues(new Dictionary<string, object?> { ["seed"] = SeedOf(seed), ["out"] = Path.Combine(scratch.FullName, "run"), ["overwrite"] = true }).Over(given);
        using RunLog runLog = new(new TrialScreen(screen, name, tells: false), verbose: false);
        try
        {
            RunRequest request = new(values.Over(new TrainOptions()) with { Shards = shards }, known, values, "gpu-ctr importance --ablate")
            {
                Without = without is null ? null : encoder => PermutationImportance.GroupsOf(encoder, options.Together).FirstOrDefault(g => g.Name == without)
                    ?? throw GpuCtrException.DataError($"{string.Join(' ', shards)}: the columns differ from those of the run: there is no '{without}' any more"),
            };
            MonitoredBest best = TrainRun.Start(request, runLog, end.Token, bench).Metrics.Monitored!;
            trainings++;
            log.Line(Invariant($"  seed {SeedOf(seed)}, {name}: valid {best.Metric} {best.Value:F5} (epoch {best.Epoch})"));
            return best.Value is null ? throw GpuCtrException.UsageError("--ablate compares runs on validation rows, and there are none; name some with --valid in another run") : best;
        }
        catch (GpuCtrException e) when (e.Kind == ErrorKind.Interrupted && !stop.IsCancellationRequested)
        {
            return null;
        }
    }

    private ulong SeedOf(int seed) => (given.ByName.TryGetValue("seed", out object? own) && own is ulong first ? first : new ModelOptions().Seed) + (ulong)seed;

    /// <inheritdoc/>
    public void Dispose()
    {
        bench.Dispose();
        scratch.Delete(recursive: true);
    }
}
