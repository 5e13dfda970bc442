using GpuCtr.Data.Features;
using GpuCtr.Data.Options;

namespace GpuCtr.Training;

/// <summary>A request for a run.</summary>
/// <param name="Options">The options.</param>
/// <param name="Known">The options recorded in config.json.</param>
/// <param name="Given">The values that were given explicitly.</param>
/// <param name="CommandLine">The command line, recorded in config.json for its readers.</param>
internal sealed record RunRequest(TrainOptions Options, IReadOnlyList<Option> Known, OptionValues Given, string CommandLine)
{
    private static readonly IReadOnlyList<Option> known = Option.Of(typeof(TrainOptions));

    /// <summary>Chooses columns that the run trains without: it reads them as if no row had a value; null: it reads all.</summary>
    public Func<FeatureEncoder, ColumnGroup>? Without { get; init; }

    /// <summary>The request of a program. Given is what differs from the defaults; a run that resumes has all else from its config.json.</summary>
    /// <exception cref="GpuCtrException">Usage, InputOutput: the config.json of the resumed run cannot be read.</exception>
    public static RunRequest Of(TrainOptions options)
    {
        OptionValues given = OptionValues.Of(options, new TrainOptions());
        IReadOnlyList<string> shards = options.Shards;
        if (options is { Resume: true, Out: { } folder } && RunConfig.PathIn(folder) is { } path)
        {
            ConfigFile begun = ConfigFile.Read(path, known, leavesOutUnknown: true); // those of the command that are about its output
            given = given.Over(begun.Given);
            shards = shards.Count > 0 ? shards : begun.Shards;
        }

        RunRequest request = Of(given, shards);
        return request with { Options = request.Options with { Stores = options.Stores } };
    }

    /// <summary>The request for given values; all others are defaults.</summary>
    public static RunRequest Of(OptionValues given, IReadOnlyList<string> shards) => new(
        given.Over(new TrainOptions()) with { Shards = shards }, known, given,
        CommandLineOf([.. shards, .. known.Where(given.IsGiven).SelectMany(o => new[] { o.Flag, OptionText.Of(o, given.ByName[o.Name]) })]));

    /// <summary>A command line of <c>train</c> with these arguments.</summary>
    public static string CommandLineOf(IEnumerable<string> arguments) =>
        $"gpu-ctr train {string.Join(' ', arguments.Select(t => t.IndexOfAny([' ', '*', '"']) >= 0 ? $"'{t}'" : t))}";
}
