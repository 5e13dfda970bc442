using System.Text.RegularExpressions;

namespace GpuCtr.Data.Shards;

/// <summary>
/// Tells validation and test shards from training shards by their names: valid.parquet, validation-0.parquet, test_1.parquet, but not testimonials.parquet;
/// or by those of folders that a pattern goes into, as in test/part-0.parquet, but not of partitions such as test=1/.
/// </summary>
internal static partial class NamedSide
{
    /// <summary>The files of one pattern by their use: if none would be left for training, all are used for training. A file that is named exactly is used as the user says.</summary>
    /// <param name="matches">Where the pattern begins.</param>
    /// <param name="files">What it matches.</param>
    public static ILookup<RowSide, FoundShard> Divide(PathMatches matches, IReadOnlyList<FoundShard> files)
    {
        ILookup<RowSide, FoundShard> sides = files.ToLookup(f => matches.IsExact ? RowSide.Train : SideOf(matches.Below(f)));
        return sides.Contains(RowSide.Train) ? sides : files.ToLookup(_ => RowSide.Train);
    }

    /// <summary>The message about such files for the user of one side: at most one line.</summary>
    public static IEnumerable<string> Notes(PathMatches matches, ILookup<RowSide, FoundShard> sides, RowSide side)
    {
        string names = string.Join(", ", sides.Where(s => side == RowSide.Train ? s.Key != side : s.Key == side).SelectMany(s => s).Select(matches.Below).Order(StringComparer.Ordinal));
        if (names.Length > 0)
            yield return side == RowSide.Train ? $"{names}: not trained on because of their names; name a file exactly to train on it"
                : $"{names}: {(side == RowSide.Valid ? "validates" : "tests")}, found beside the training shards by name";
    }

    private static RowSide SideOf(string path) => Name().Match(path) is not { Success: true } match ? RowSide.Train
        : char.ToLowerInvariant(match.Groups[1].ValueSpan[0]) == 'v' ? RowSide.Valid : RowSide.Test;

    [GeneratedRegex(@"(?:^|[/\\])(valid|validation|test)(?![A-Za-z])(?:[^/\\]*$|[^/\\=]*[/\\])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
