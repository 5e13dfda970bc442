using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using GpuCtr.Data;
using GpuCtr.Data.Options;
using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Training.Screens;

namespace GpuCtr.Training.Tuning;

/// <summary>A request for a search.</summary>
/// <param name="Search">How it searches.</param>
/// <param name="Run">What its runs have in common.</param>
/// <param name="Known">All options that the request may have.</param>
/// <param name="Given">Those that were given explicitly: they are not searched over.</param>
internal sealed record TuneRequest(TuneOptions Search, TrainOptions Run, IReadOnlyList<Option> Known, OptionValues Given);

/// <summary>What a search found.</summary>
/// <param name="Metric">The monitored metric.</param>
/// <param name="Value">Mean of its best value over the seeds of the winner.</param>
/// <param name="Deviation">Standard deviation over them; null of one seed.</param>
/// <param name="Defaults">The value of trial 0, which has only defaults.</param>
/// <param name="Trials">Trials that began.</param>
/// <param name="Failed">Those of them that failed.</param>
/// <param name="Seconds">Time that all runs took.</param>
/// <param name="Options">What the winner has other than defaults.</param>
/// <param name="Best">The folder of its run.</param>
/// <param name="Test">Its metrics on the test shards, if there are any.</param>
internal sealed record TuneResult(
    string Metric, double Value, double? Deviation, double? Defaults, int Trials, int Failed, double Seconds, JsonObject Options, string Best, RunMetrics? Test);

/// <summary>Searches for good options: trains trials as <see cref="Schedule"/> says, the best of them with several seeds, and leaves the best run ready to serve.</summary>
internal sealed class Tuner : IDisposable
{
    /// <summary>The share of the time in which trials may begin; the rest is for those that are worth it.</summary>
    private const double BeginShare = 0.65;

    private static readonly TimeBudget usualBudget = new(TimeSpan.FromMinutes(30));

    private readonly TuneRequest request;
    private readonly IScreen screen;
    private readonly RunLog log;
    private readonly CancellationToken stop;
    private readonly TuneFolder folder;
    private readonly Workbench bench;
    private readonly TrialLog trials;
    private readonly SearchSpace space;
    private readonly string model;
    private readonly int epochs;
    private readonly TimeSpan? budget;
    private readonly TimeSpan before;
    private readonly long begin = Stopwatch.GetTimestamp();

    private Tuner(TuneRequest request, IScreen screen, RunLog log, CancellationToken stop)
    {
        (this.request, this.screen, this.log, this.stop) = (request, screen, log, stop);
        TuneOptions search = request.Search;
        OptionCheck.Check(search);
        if (request.Run.Overwrite)
            throw GpuCtrException.UsageError("tune removes no search: choose another --out, or go on with the one there by --resume");
        TrainSettings settings = TrainSettings.Of(request.Run with { Resume = false });
        budget = (search.Budget ?? (search.Trials is null ? usualBudget : null))?.Time;
        SearchSpace? given = search.Space is { } file ? SearchSpace.Read(file) : null;
        using (RunShards shards = RunShards.Open(settings))
        {
            if (shards.Valid is null && request.Run.ValidFraction == 0 && !settings.PredictsItems)
                throw GpuCtrException.UsageError("tune compares runs by their validation rows: name some by --valid, or leave --valid-fraction above 0");
            model = shards.ModelName;
            epochs = request.Run.Epochs ?? (int)AutomaticDefaults.Of(new(shards.Train.Rows, Validates: true, model, request.Run.Variant)).First(d => d.Option.Name == "epochs").Value;
            space = (given ?? SearchSpace.Default(shards.Plan.HasHistory, shards.Train.Rows)).Without(request.Given);
        }
        if (space.Dimensions.Count == 0)
            throw GpuCtrException.UsageError("there is nothing to search over: every option of the space is given as a flag");
        folder = TuneFolder.Open(request.Run.Out, request.Run.Resume);
        try
        {
            trials = new TrialLog(folder.Path);
            before = trials.Time;
            folder.Begin(request.Run.Shards, request.Known, request.Given);
            bench = new Workbench(request.Run.Device.Open());
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    private Schedule Schedule => new(epochs, lowerIsBetter: trials.Lines.FirstOrDefault(l => l.Value is not null)?.Metric == "logloss");

    private TimeSpan Spent => before + Stopwatch.GetElapsedTime(begin);

    /// <summary>Searches until there is no time or no trial left, and returns what was found.</summary>
    /// <exception cref="GpuCtrException">Whatever ends it; Interrupted: --resume goes on with it.</exception>
    /// <exception cref="DeviceException">The device was not found.</exception>
    public static TuneResult Run(TuneRequest request, IScreen screen, RunLog log, CancellationToken stop)
    {
        using Tuner tuner = new(request, screen, log, stop);
        return tuner.Run();
    }

    private TuneResult Run()
    {
        log.Line(string.Create(CultureInfo.InvariantCulture, $"search  {folder.Path}: {string.Join(", ", space.Dimensions.Select(d => d.Option.Name))}; up to {epochs} epochs, compared after {string.Join(", ", Schedule.Rungs)}"));
        foreach (TrialLine line in trials.Lines)
            Show(line, first: line == trials.Lines[0]);
        while (Schedule.Next(trials.Outcomes, MayBegin()) is { } piece && Train(piece))
        {
        }
        foreach (Piece piece in Finals())
            if (trials.Lines.All(l => l.Outcome.Piece != piece) && !Train(piece))
                break;
        return Conclude();
    }

    private bool MayBegin() =>
        (request.Search.Trials is not { } most || trials.Lines.Select(l => l.Trial).DefaultIfEmpty(-1).Max() + 1 < most) && (budget is not { } time || trials.Lines.Count == 0 || Spent < BeginShare * time);

    /// <summary>The defaults to their end, so that people see what the search is worth; then the best trials with further seeds.</summary>
    private IEnumerable<Piece> Finals()
    {
        yield return new(0, epochs);
        IReadOnlyList<int> finalists = Schedule.Finalists(trials.Outcomes, request.Search.Finalists);
        for (int seed = 1; seed < request.Search.Seeds; seed++)
            foreach (int trial in finalists)
                yield return new(trial, epochs, seed);
    }

    /// <summary>Trains a piece and notes what came of it; false: there is no time left.</summary>
    private bool Train(Piece piece)
    {
        IReadOnlyDictionary<string, object?> values = ValuesOf(piece.Trial);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (budget is { } time)
        {
            if (Spent >= time)
                return false;
            end.CancelAfter(time - Spent);
        }
        long started = Stopwatch.GetTimestamp();
        try
        {
            MonitoredBest best = RunOf(piece, values, end.Token).Monitored!;
            Note(piece, values, started, best.Metric, best.Value ?? throw GpuCtrException.UsageError("tune compares runs by their validation rows, and there is none; name some by --valid"), best.Epoch, null);
        }
        catch (GpuCtrException e) when (e.Kind == ErrorKind.Interrupted)
        {
            return stop.IsCancellationRequested ? throw new GpuCtrException(ErrorKind.Interrupted, $"interrupted; `gpu-ctr tune --resume --out {folder.Path}` goes on") : false;
        }
        // Options that do not fit together, that need too much memory or let the loss grow are a finding about them; what the defaults run into is not.
        catch (Exception e) when (piece.Trial > 0 && e is KernelException or DeviceMemoryException or GpuCtrException { Kind: ErrorKind.Numeric or ErrorKind.Usage })
        {
            Note(piece, values, started, trials.Lines[0].Metric, null, 0, e.Message);
        }
        folder.Prune(Schedule.Kept(trials.Outcomes, request.Search.Finalists));
        return true;
    }

    private RunMetrics RunOf(Piece piece, IReadOnlyDictionary<string, object?> values, CancellationToken end)
    {
        using RunLog own = new(new TrialScreen(screen, $"trial {piece.Trial}", tells: trials.Lines.Count == 0), verbose: false);
        Dictionary<string, object?> all = new(values) { ["epochs"] = piece.Epochs, ["out"] = folder.RunOf(piece) };
        if (piece.Seed > 0)
            all["seed"] = Seed + (ulong)piece.Seed;
        return Start(all, own, end);
    }

    private RunMetrics Start(Dictionary<string, object?> values, RunLog own, CancellationToken end)
    {
        OptionValues given = new OptionValues(values).Over(request.Given.Without("resume", "test"));
        IReadOnlyList<Option> known = Option.Of(typeof(TrainOptions));
        TrainOptions options = given.Over(new TrainOptions()) with { Shards = request.Run.Shards, Resume = true };
        string flags = string.Join(' ', known.Where(given.IsGiven).Select(o => $"{o.Flag} {OptionText.Of(o, given.ByName[o.Name])}"));
        return TrainRun.Start(new(options, known, given, $"gpu-ctr train {string.Join(' ', options.Shards)} {flags}"), own, end, bench);
    }

    /// <summary>Of the search and, unless another seed is tried, of its runs.</summary>
    private ulong Seed => request.Given.ByName.TryGetValue("seed", out object? given) ? (ulong)given! : new ModelOptions().Seed;

    /// <summary>The values of a trial: those that its first line has, or new ones. These depend on what earlier trials had reached after their first epochs, and on nothing that came later.</summary>
    private IReadOnlyDictionary<string, object?> ValuesOf(int trial) =>
        trials.Lines.FirstOrDefault(l => l.Trial == trial) is { } known ? ValuesOf(known.Options)
        : space.Draw(Seed, trial, [.. Schedule.BestBeginners(trials.Outcomes, Schedule.Reduction).Select(best => ValuesOf(best))], model);

    private static IReadOnlyDictionary<string, object?> ValuesOf(JsonObject options) =>
        ConfigFile.Of(TrialLog.FileName, System.Text.Json.JsonSerializer.SerializeToElement(options), Option.Of(typeof(TrainOptions)), asTyped: false).Given.ByName;

    private void Note(Piece piece, IReadOnlyDictionary<string, object?> values, long started, string metric, double? value, int bestEpoch, string? failure)
    {
        JsonObject options = new([.. space.Dimensions.Where(d => values.ContainsKey(d.Option.Name)).Select(d => KeyValuePair.Create(d.Option.Key, OptionText.ToJson(d.Option, values[d.Option.Name])))]);
        trials.Add(new(piece.Trial, piece.Epochs, piece.Seed, options, metric, value, bestEpoch, Stopwatch.GetElapsedTime(started).TotalSeconds, failure));
        Show(trials.Lines[^1], first: trials.Lines.Count == 1);
        Disk.ReplaceText(folder.File(TuneFolder.Report), TunePage.Of(Path.GetFileName(folder.Path), space, trials.Lines, Schedule));
    }

    private void Show(TrialLine line, bool first)
    {
        string[] head = ["trial", "epochs", $"{"valid " + line.Metric,13}", "   best", "seconds", "options"];
        double? best = null;
        foreach (TrialLine other in trials.Lines.TakeWhile(l => l != line).Append(line))
            best = other.Value is { } v && (best is not { } b || Schedule.IsBetter(v, b)) ? v : best;
        string name = line.Seed == 0 ? $"{line.Trial}" : $"{line.Trial}'{line.Seed + 1}";
        log.Row(head, [name, $"{line.Epochs}", EpochTable.Number(line.Value), EpochTable.Number(best), line.Seconds.ToString("F1", CultureInfo.InvariantCulture), line.Failure is { } failure ? $"failed: {failure}" : Flags(line.Options)], first);
    }

    private string Flags(JsonObject options) => ValuesOf(options) is { Count: > 0 } values
        ? string.Join(' ', space.Dimensions.Where(d => values.ContainsKey(d.Option.Name)).Select(d => d.Option.IsSwitch ? values[d.Option.Name] is true ? d.Option.Flag : "" : $"{d.Option.Flag} {d.Describe(values[d.Option.Name]!)}").Where(f => f.Length > 0))
        : "(defaults)";

    private TuneResult Conclude()
    {
        Schedule schedule = Schedule;
        if (schedule.Finalists(trials.Outcomes, request.Search.Finalists) is not { Count: > 0 } finalists)
            throw GpuCtrException.UsageError($"no trial came to its {schedule.Rungs[0]} epochs within {new TimeBudget(budget ?? default)}; take a larger --budget with --resume, or fewer --epochs");
        (int trial, double[] values) = finalists.Select(t => (Trial: t, Values: ValuesOfSeeds(t))).Aggregate((a, b) => schedule.IsBetter(b.Values.Average(), a.Values.Average()) ? b : a);
        TrialLine won = trials.Lines.Last(l => l.Trial == trial && l.Seed == 0);
        folder.KeepBest(folder.RunOf(won.Outcome.Piece));
        RunMetrics? test = request.Run.Test.Count > 0 ? Test(won) : null;
        double mean = values.Average();
        TuneResult result = new(
            won.Metric, mean, values.Length == 1 ? null : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1)), trials.Lines.LastOrDefault(l => l is { Trial: 0, Seed: 0 })?.Value,
            trials.Lines.Max(l => l.Trial) + 1, trials.Lines.Where(l => l.Value is null).Select(l => l.Trial).Distinct().Count(), trials.Time.TotalSeconds, (JsonObject)won.Options.DeepClone(), folder.File(TuneFolder.Best), test);
        Tell(result, won, values);
        return result;
    }

    /// <summary>The values of a trial's seeds after as many epochs as any of the finalists has.</summary>
    private double[] ValuesOfSeeds(int trial) => [.. trials.Lines.Where(l => l.Trial == trial && l.Value is not null).GroupBy(l => l.Seed).Select(g => g.Last().Value!.Value)];

    private RunMetrics Test(TrialLine won)
    {
        using RunLog own = new(new TrialScreen(screen, "test", tells: false), verbose: false);
        return Start(new(ValuesOf(won.Options)) { ["epochs"] = won.Epochs, ["out"] = folder.File(TuneFolder.Best), ["test"] = request.Run.Test }, own, stop);
    }

    private void Tell(TuneResult result, TrialLine won, double[] values)
    {
        string spread = result.Deviation is { } d ? string.Create(CultureInfo.InvariantCulture, $" (mean of {values.Length} seeds, ± {d:F5})") : "";
        string defaults = result.Defaults is { } from ? $"; with the defaults {EpochTable.Number(from)}" : "";
        log.Line($"best    trial {won.Trial}: valid {won.Metric} {EpochTable.Number(result.Value)}{spread}{defaults}");
        log.Line($"        {Flags(won.Options)} --epochs {won.BestEpoch}");
        if (result.Test is { } test)
            log.Line($"        test AUC {EpochTable.Number(test.Auc)}  logloss {EpochTable.Number(test.Logloss)}");
        log.Line($"run     {result.Best}; how the trials went and what mattered: {folder.File(TuneFolder.Report)}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        bench.Dispose();
        folder.Dispose();
    }
}
