using System.Text.RegularExpressions;

namespace GpuCtr.Data.Shards;

/// <summary>What the shards that a folder or pattern names are read for.</summary>
internal enum ShardPurpose
{
    /// <summary>All of them, whatever their names.</summary>
    Any,

    /// <summary>Training: not those that are called valid or test, if others lie beside them.</summary>
    Train,

    /// <summary>Validation: those called valid beside training shards.</summary>
    Valid,

    /// <summary>The test: those called test beside training shards.</summary>
    Test,
}

/// <summary>Finds validation and test shards in a folder of training shards by their names: valid.parquet, validation-0.parquet, test_1.parquet, but not testimonials.parquet.</summary>
internal static partial class NamedSide
{
    /// <summary>Those files of one pattern that are read for a purpose.</summary>
    /// <param name="found">What the pattern matches. A file that it names exactly is always what the user says it is.</param>
    /// <param name="purpose">The purpose.</param>
    /// <param name="notes">Receives one line if files are not trained on, or are read for what their names say.</param>
    public static List<FoundShard> Of(List<FoundShard> found, ShardPurpose purpose, List<string> notes)
    {
        ILookup<ShardPurpose, FoundShard> sides = found.ToLookup(f => PurposeOf(f.Source.Path));
        bool beside = sides.Contains(ShardPurpose.Train);
        if (purpose == ShardPurpose.Train && beside && sides.Count > 1)
            notes.Add($"{Names(found.Except(sides[ShardPurpose.Train]))}: not trained on, since the names say what they are for; name a file exactly to train on it");
        if (purpose is ShardPurpose.Valid or ShardPurpose.Test && beside && sides.Contains(purpose))
            notes.Add($"{Names(sides[purpose])}: {(purpose == ShardPurpose.Valid ? "validates" : "tests")}, found beside the training shards by name");
        return purpose == ShardPurpose.Train ? beside ? [.. sides[ShardPurpose.Train]] : found : beside ? [.. sides[purpose]] : [];
    }

    private static ShardPurpose PurposeOf(string path) => Name().Match(path) is not { Success: true } match ? ShardPurpose.Train
        : char.ToLowerInvariant(match.Groups[1].ValueSpan[0]) == 'v' ? ShardPurpose.Valid : ShardPurpose.Test;

    private static string Names(IEnumerable<FoundShard> files) => string.Join(", ", files.Select(f => Path.GetFileName(f.Source.Path)).Order(StringComparer.Ordinal));

    [GeneratedRegex(@"(?:^|[/\\])(valid|validation|test)(?![A-Za-z])[^/\\]*$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
