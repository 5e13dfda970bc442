using System.Globalization;
using System.Text.Json.Nodes;

namespace GpuCtr.Training.Tuning;

/// <summary>The growing table of a search, and its last lines.</summary>
/// <param name="log">Where they are written.</param>
/// <param name="space">The options that are searched over.</param>
internal sealed class TrialTable(RunLog log, SearchSpace space)
{
    private double? best;
    private bool begun;

    /// <summary>Adds a row.</summary>
    /// <param name="line">The outcome of a piece.</param>
    /// <param name="schedule">Knows which values are good.</param>
    public void Add(TrialLine line, Schedule schedule)
    {
        string[] head = ["trial", "epochs", $"{"valid " + line.Metric,13}", "   best", "seconds", "options"];
        if (line.Value is { } value && (best is not { } known || schedule.IsBetter(value, known)))
            best = value;
        string name = line.Seed == 0 ? $"{line.Trial}" : $"{line.Trial}'{line.Seed + 1}";
        string options = line.Failure is { } failure ? $"{Flags(line.Options)}; failed: {failure}" : Flags(line.Options);
        log.Row(head, [name, $"{line.Epochs}", EpochTable.Number(line.Value), EpochTable.Number(best), line.Seconds.ToString("F1", CultureInfo.InvariantCulture), options], first: !begun);
        begun = true;
    }

    /// <summary>Says what was found.</summary>
    /// <param name="result">It.</param>
    /// <param name="won">The last line of the winner.</param>
    /// <param name="defaults">The last line of trial 0.</param>
    /// <param name="seeds">Seeds that its value is a mean of.</param>
    /// <param name="report">Path of the page.</param>
    public void Tell(TuneResult result, TrialLine won, TrialLine defaults, int seeds, string report)
    {
        string spread = result.Deviation is { } d ? string.Create(CultureInfo.InvariantCulture, $" (mean of {seeds} seeds, ± {d:F5})") : "";
        string ended = defaults.Epochs < won.Epochs ? $" after {defaults.Epochs} epochs" : "";
        log.Line($"best    trial {won.Trial}: valid {won.Metric} {EpochTable.Number(result.Value)}{spread}; with the defaults {EpochTable.Number(defaults.Value)}{ended}");
        log.Line($"        {Flags(won.Options)} --epochs {won.BestEpoch}");
        if (result.Test is { } test)
            log.Line($"        test AUC {EpochTable.Number(test.Auc)}  logloss {EpochTable.Number(test.Logloss)}");
        log.Line($"run     {result.Best}; the course of the search and the influence of each option: {report}");
    }

    /// <summary>The options as they are typed; a switch that is off is left out.</summary>
    private string Flags(JsonObject options)
    {
        IReadOnlyDictionary<string, object?> values = TrialRuns.ValuesOf(options);
        string[] flags = [.. space.Dimensions.Where(d => values.GetValueOrDefault(d.Option.Name) is not (null or false)).Select(d => d.Option.IsSwitch ? d.Option.Flag : $"{d.Option.Flag} {d.Describe(values[d.Option.Name]!)}")];
        return flags.Length == 0 ? "(defaults)" : string.Join(' ', flags);
    }
}
