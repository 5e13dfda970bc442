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

/// <summary>Searches for good options: trains trials as <see cref="Schedule"/> says, the best of them with several seeds, and leaves the best run ready to serve.</summary>
internal sealed class Tuner : IDisposable
{
    /// <summary>The share of the time in which trials may start; the rest is for the best of them.</summary>
    private const double BeginShare = 0.65;

    private static readonly TimeBudget usualBudget = new(TimeSpan.FromMinutes(30));

    private readonly TuneRequest request;
    private readonly RunLog log;
    private readonly CancellationToken stop;
    private readonly TuneFolder folder;
    private readonly TrialRuns runs;
    private readonly TrialTable table;
    private readonly TrialLog trials;
    private readonly SearchSpace space;
    private readonly string model;
    private readonly int epochs;
    private readonly TimeSpan? budget;
    private readonly TimeSpan before;
    private readonly long begin = Stopwatch.GetTimestamp();

    private Tuner(TuneRequest request, IScreen screen, RunLog log, CancellationToken stop)
    {
        (this.request, this.log, this.stop) = (request, log, stop);
        TuneOptions search = request.Search;
        OptionCheck.Check(search);
        if (request.Run.Overwrite)
            throw GpuCtrException.UsageError("tune does not overwrite a search: choose another --out, or continue the search there with --resume");
        if (request.Run.Slices is not null)
            throw GpuCtrException.UsageError("tune trains every run on one device: leave out --slices, and train what it finds with them");
        TrainSettings settings = TrainSettings.Of(request.Run with { Resume = false });
        budget = (search.Budget ?? (search.Trials is null ? usualBudget : null))?.Time;
        OptionValues defaults;
        SearchSpace? given = search.Space is { } file ? SearchSpace.Read(file) : null;
        using (RunShards shards = RunShards.Open(settings, stop))
        {
            if (shards.Valid is null && request.Run.ValidLast is null && request.Run.ValidFraction == 0 && !settings.PredictsItems)
                throw GpuCtrException.UsageError("tune compares runs on validation rows: name some with --valid, or leave --valid-fraction above 0");
            model = shards.ModelName;
            // Those of a full run, also for trials that stop early.
            defaults = new(AutomaticDefaults.Of(DefaultFacts.Of(request.Run, shards, validates: true)).ToDictionary(d => d.Option.Name, d => (object?)d.Value));
            epochs = request.Run.Epochs ?? (int)defaults.ByName["epochs"]!;
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
            runs = new TrialRuns(request, defaults, screen);
            table = new TrialTable(log, space);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    private Schedule Schedule => new(epochs, lowerIsBetter: trials.Lines.FirstOrDefault(l => l.Value is not null)?.Metric == "logloss");

    private TimeSpan Spent => before + Stopwatch.GetElapsedTime(begin);

    /// <summary>Searches until no time or no trial is left, and returns the result.</summary>
    /// <exception cref="GpuCtrException">Any failure; Interrupted: --resume continues it.</exception>
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
            table.Add(line, Schedule);
        while (Schedule.Next(trials.Outcomes, MayBegin()) is { } piece && Train(piece))
        {
        }
        foreach (Piece piece in Finals())
            if (trials.Lines.All(l => l.Outcome.Piece != piece) && !Train(piece))
                break;
        return Conclude();
    }

    private bool MayBegin() =>
        (request.Search.Trials is not { } most || Schedule.Begun(trials.Outcomes) < most) && (budget is not { } time || trials.Lines.Count == 0 || Spent < BeginShare * time);

    /// <summary>The defaults to the end, to show what the search gains; then the best trials with further seeds.</summary>
    private IEnumerable<Piece> Finals()
    {
        yield return new(0, epochs);
        IReadOnlyList<int> finalists = Schedule.Finalists(trials.Outcomes, request.Search.Finalists);
        for (int seed = 1; seed < request.Search.Seeds; seed++)
            foreach (int trial in finalists)
                yield return new(trial, epochs, seed);
    }

    /// <summary>Trains a piece and records its outcome; false: there is no time left.</summary>
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
            MonitoredBest best = runs.Train(piece, values, folder.RunOf(piece), tells: trials.Lines.Count == 0, end.Token).Monitored!;
            Note(piece, values, started, best.Metric, best.Value ?? throw GpuCtrException.UsageError("tune compares runs on validation rows, and there are none; name some with --valid"), best.Epoch, null);
        }
        catch (GpuCtrException e) when (e.Kind == ErrorKind.Interrupted)
        {
            return stop.IsCancellationRequested ? throw new GpuCtrException(ErrorKind.Interrupted, $"interrupted; continue with `gpu-ctr tune --resume --out {folder.Path}`") : false;
        }
        // A trial fails if its options contradict each other, need too much memory or make the loss diverge, and the search continues. If trial 0 (the defaults) fails, something else is wrong, and the search ends.
        catch (Exception e) when (piece.Trial > 0 && e is KernelException or DeviceMemoryException or GpuCtrException { Kind: ErrorKind.Numeric or ErrorKind.Usage })
        {
            Note(piece, values, started, trials.Lines[0].Metric, null, 0, e.Message);
        }
        folder.Prune(Schedule.Kept(trials.Outcomes, request.Search.Finalists));
        return true;
    }

    /// <summary>The values of a trial: those of its first line, or new ones. New values depend only on the results of earlier trials after their first epochs.</summary>
    private IReadOnlyDictionary<string, object?> ValuesOf(int trial) =>
        trials.Lines.FirstOrDefault(l => l.Trial == trial) is { } known ? TrialRuns.ValuesOf(known.Options)
        : space.Draw(runs.Seed, trial, [.. Schedule.BestBeginners(trials.Outcomes, Schedule.Reduction).Select(best => ValuesOf(best))], model);

    private void Note(Piece piece, IReadOnlyDictionary<string, object?> values, long started, string metric, double? value, int bestEpoch, string? failure)
    {
        JsonObject options = new([.. space.Dimensions.Where(d => values.ContainsKey(d.Option.Name)).Select(d => KeyValuePair.Create(d.Option.Key, OptionText.ToJson(d.Option, values[d.Option.Name])))]);
        trials.Add(new(piece.Trial, piece.Epochs, piece.Seed, options, metric, value, bestEpoch, Stopwatch.GetElapsedTime(started).TotalSeconds, failure));
        table.Add(trials.Lines[^1], Schedule);
        Disk.ReplaceText(folder.File(TuneFolder.Report), TunePage.Of(Path.GetFileName(folder.Path), space, trials.Lines, Schedule));
    }

    private TuneResult Conclude()
    {
        Schedule schedule = Schedule;
        if (schedule.Finalists(trials.Outcomes, request.Search.Finalists) is not { Count: > 0 } finalists)
            throw GpuCtrException.UsageError($"no trial completed its {schedule.Rungs[0]} epochs within {new TimeBudget(budget ?? default)}; take a larger --budget with --resume, or fewer --epochs");
        (int trial, double[] values) = finalists.Select(t => (Trial: t, Values: ValuesOfSeeds(t))).Aggregate((a, b) => schedule.IsBetter(b.Values.Average(), a.Values.Average()) ? b : a);
        TrialLine won = trials.Lines.Last(l => l.Trial == trial && l.Seed == 0);
        folder.KeepBest(folder.RunOf(won.Outcome.Piece));
        RunMetrics? test = request.Run.Test.Count > 0 ? runs.Test(won.Outcome.Piece, TrialRuns.ValuesOf(won.Options), folder.File(TuneFolder.Best), stop) : null;
        double mean = values.Average();
        TrialLine defaults = trials.Lines.Last(l => l is { Trial: 0, Seed: 0 });
        TuneResult result = new(
            won.Metric, mean, values.Length == 1 ? null : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1)), defaults.Value,
            Schedule.Begun(trials.Outcomes), trials.Lines.Where(l => l.Value is null).Select(l => l.Trial).Distinct().Count(), trials.Time.TotalSeconds, (JsonObject)won.Options.DeepClone(), folder.File(TuneFolder.Best), test);
        table.Tell(result, won, defaults, values.Length, folder.File(TuneFolder.Report));
        return result;
    }

    /// <summary>The values of a trial's seeds after its last epochs.</summary>
    private double[] ValuesOfSeeds(int trial) => [.. trials.Lines.Where(l => l.Trial == trial && l.Value is not null).GroupBy(l => l.Seed).Select(g => g.Last().Value!.Value)];

    /// <inheritdoc/>
    public void Dispose()
    {
        runs.Dispose();
        folder.Dispose();
    }
}
