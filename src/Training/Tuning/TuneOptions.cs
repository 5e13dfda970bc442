using GpuCtr.Models;

namespace GpuCtr.Training.Tuning;

/// <summary>Options of a search, besides those of its runs.</summary>
internal sealed record TuneOptions
{
    /// <summary>Time limit of all runs together; null: no limit if the number of trials is limited, else half an hour.</summary>
    [Option("time limit, over all calls of one search; training that a call did not finish does not count", Value = "30m", Default = "30m; none with --trials", Section = OptionSection.Rows, OnResume = OnResume.Momentary)]
    public TimeBudget? Budget { get; init; }

    /// <summary>Maximum number of trials; null: as many as the time allows.</summary>
    [Option("maximum number of trials; without --budget, the result depends only on this and --seed", Default = "as time allows", Least = 1, Most = 1_000_000, OnResume = OnResume.Momentary)]
    public int? Trials { get; init; }

    /// <summary>A file with the options to search and their values; null: <see cref="SearchSpace.Default"/>.</summary>
    [Option("the options to search and their values, such as {\"lr\": {\"from\": 1e-4, \"to\": 1e-2, \"log\": true}, \"dropout\": [0, 0.2]}; a flag fixes its option", Value = "FILE.json", Default = "model, lr, batch-size, widths, dropout, batch-norm, regularization")]
    public string? Space { get; init; }

    /// <summary>How many of the best trials are trained with further seeds.</summary>
    [Option("number of best trials that are trained with further seeds", Least = 1, Most = 1000)]
    public int Finalists { get; init; } = 3;

    /// <summary>Seeds of each of these.</summary>
    [Option("seeds for each of these trials; the best mean wins", Least = 1, Most = 1000)]
    public int Seeds { get; init; } = 3;
}
