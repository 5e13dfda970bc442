namespace GpuCtr.Datagen;

/// <summary>Detects the format of a file from its first lines; options of the user take precedence.</summary>
public sealed class FormatDetector
{
    /// <summary>Number of lines examined.</summary>
    public const int SampleLines = 200;

    private readonly string _path;
    private readonly List<string[]> _rows;
    private readonly string _separator;

    private FormatDetector(string path, List<string> lines, string? separator)
    {
        _path = path;
        _separator = separator ?? GuessSeparator(path, lines);
        var splitter = new FieldSplitter(_separator);
        _rows = [.. lines.Select(line => splitter.Split(line).ToArray())];
    }

    /// <summary>Detects the format of a file of interactions.</summary>
    /// <exception cref="DataException">The file is empty, is not text, or its columns cannot be detected.</exception>
    /// <exception cref="UsageException">The requested columns do not exist.</exception>
    public static LineFormat OfInteractions(string path, ImportRequest request)
    {
        var detector = new FormatDetector(path, Sample(path), request.Separator);
        return request.Format switch
        {
            ImportFormat.Sequence => detector.Sequence(),
            ImportFormat.Log => detector.Log(request.Columns, [ColumnRole.User, ColumnRole.Item, ColumnRole.Time, ColumnRole.Category]),
            _ => detector.LooksLikeSequence(request.Columns) ? detector.Sequence()
                : detector.Log(request.Columns, [ColumnRole.User, ColumnRole.Item, ColumnRole.Time, ColumnRole.Category]),
        };
    }

    /// <summary>Detects the format of a table that gives items their categories.</summary>
    /// <inheritdoc cref="OfInteractions"/>
    public static LineFormat OfCategories(string path, ColumnChoice columns) =>
        new FormatDetector(path, Sample(path), null).Log(columns.Only(ColumnRole.Item, ColumnRole.Category), [ColumnRole.Item, ColumnRole.Category]);

    private static List<string> Sample(string path)
    {
        List<string> lines = [.. File.ReadLines(path).Where(line => !string.IsNullOrWhiteSpace(line)).Take(SampleLines)];
        if (lines.Count == 0)
            throw new DataException($"{path} is empty");
        if (lines[0].Contains('\0') || lines[0].StartsWith("PAR1", StringComparison.Ordinal))
            throw new DataException($"{path} is not a text file");
        return lines;
    }

    private static string GuessSeparator(string path, List<string> lines)
    {
        if (lines[0].StartsWith('{'))
            return FieldSplitter.Reviews;
        foreach (string separator in FieldSplitter.Known)
        {
            var splitter = new FieldSplitter(separator);
            if (lines.Count(line => splitter.Split(line).Count >= 2) >= lines.Count / 2.0)
                return separator;
        }
        throw new DataException($"{path}: no tab, ::, comma, semicolon, bar or blank separates the first lines into fields; name the separator with --separator");
    }

    private bool LooksLikeSequence(ColumnChoice columns)
    {
        if (!columns.IsEmpty || HasKnownHeader())
            return false;
        // Lines of two fields read the same either way: one item more for the user.
        int commonest = _rows.GroupBy(row => row.Length).MaxBy(group => group.Count())!.Key;
        bool even = _rows.Count(row => row.Length == commonest) >= 0.9 * _rows.Count;
        if (even && commonest > 4)
            throw new UsageException($"{_path}: lines of {commonest} fields without a header; say --format sequence, or --columns user=1,item=2,time=…");
        return !even || commonest == 2;
    }

    private LineFormat Sequence() => new(true, _separator, HasHeader: false, new Dictionary<ColumnRole, int>(), FirstWordOnly: false);

    private LineFormat Log(ColumnChoice choice, ColumnRole[] wanted)
    {
        bool named = HasKnownHeader() || choice.HasNames;
        var columns = new Dictionary<ColumnRole, int>();
        foreach (var role in wanted)
        {
            int place = choice.Place(role, _rows[0], _path)
                ?? (named ? Array.FindIndex(_rows[0], header => ColumnNames.RoleOf(header) == role)
                    : choice.IsEmpty && Array.IndexOf(wanted, role) < _rows[0].Length ? Array.IndexOf(wanted, role) : -1);
            if (place >= 0)
                columns[role] = place;
        }
        if (!named && choice.IsEmpty && LooksRated(columns))
            (columns[ColumnRole.Time], _) = (3, columns.Remove(ColumnRole.Category));
        foreach (var role in wanted.Where(role => Needs(role, wanted) && !columns.ContainsKey(role)))
        {
            string word = role.ToString().ToLowerInvariant();
            throw new DataException($"{_path}: no column is known to be the {word} (first line: {Quote.Of(string.Join(' ', _rows[0]))}); say which with --columns {word}=NAME");
        }
        bool firstWord = named && columns.TryGetValue(ColumnRole.Category, out int category) && ColumnNames.IsSequence(_rows[0][category]);
        return new LineFormat(false, _separator, named, columns, firstWord);
    }

    private bool HasKnownHeader() => _rows[0].Any(name => ColumnNames.RoleOf(name) == ColumnRole.Item);

    // `user item rating time` is as common as `user item time category`: small numbers before large ones identify it.
    private bool LooksRated(Dictionary<ColumnRole, int> columns) =>
        columns.ContainsKey(ColumnRole.Category) && columns.ContainsKey(ColumnRole.Time)
        && _rows.All(row => row.Length == 4 && InteractionReader.TimeOf(row[2]) <= 10 && InteractionReader.TimeOf(row[3]) > 1e6);

    private static bool Needs(ColumnRole role, ColumnRole[] wanted) =>
        role is ColumnRole.User or ColumnRole.Item || (role == ColumnRole.Category && !wanted.Contains(ColumnRole.User));
}
