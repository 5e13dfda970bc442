using System.Text;

namespace GpuCtr.Datagen;

/// <summary>The public tables that papers use, and tables in general.</summary>
internal static class PublicForms
{
    private const int _sampleLines = 10_000;

    /// <summary>Criteo's display advertising logs: label, 13 numbers, 26 categories, separated by tabs.</summary>
    public static TableForm Criteo(IReadOnlyList<string> paths) => new DelimitedForm("\t", 40, hasHeader: false, () =>
    [
        (TableColumn.Label("label"), 0),
        .. Enumerable.Range(1, 13).Select(i => (TableColumn.Real($"I{i}"), i)),
        .. Enumerable.Range(1, 26).Select(i => ((TableColumn)new TextColumn($"C{i}"), 13 + i)),
    ]);

    /// <summary>Avazu's click logs: columns by their header; the row's id is left out, <c>hour</c> is a time.</summary>
    /// <exception cref="DataException">The header is not the expected one.</exception>
    public static TableForm Avazu(IReadOnlyList<string> paths)
    {
        string[] names = Names(paths, ",");
        if (!names.Contains("click") || !names.Contains("hour"))
            throw new DataException($"{paths[0]}: no columns click and hour in its first line ({Quote.Of(string.Join(',', names))})");
        return new DelimitedForm(",", names.Length, hasHeader: true, () =>
        [
            .. names.Select((name, place) => (Name: name, Place: place)).Where(c => c.Name != "id").Select(c => (AvazuColumn(c.Name), c.Place)),
        ]);
    }

    /// <summary>MovieLens ratings: 100k (<c>u.data</c>), 1M (<c>ratings.dat</c>), 20M (<c>ratings.csv</c>) or RecBole's <c>.inter</c>.</summary>
    /// <exception cref="DataException">A line does not have the expected fields.</exception>
    public static TableForm MovieLens(IReadOnlyList<string> paths, double threshold)
    {
        string first = FirstLine(paths[0]);
        string separator = first.Contains("::") ? "::" : first.Contains('\t') ? "\t" : ",";
        int fields = first.Split(separator).Length;
        if (fields != 4)
            throw new DataException($"{paths[0]}: {fields} fields in its first line, not user, item, rating and time ({Quote.Of(first)})");
        return new DelimitedForm(separator, fields, first.StartsWith("user", StringComparison.OrdinalIgnoreCase), () =>
            [(TableColumn.Rating("label", threshold), 2), (TableColumn.Integer("user"), 0), (TableColumn.Integer("item"), 1), (TableColumn.UnixTime("time"), 3)]);
    }

    /// <summary>Any table with a header. The type of a column follows from its first 10,000 values (<see cref="CsvKind"/>), unless text is requested.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="separator">The separator of fields; null = detected.</param>
    /// <param name="text">Names of columns to be read as text.</param>
    /// <exception cref="DataException">It is empty, or two columns have one name.</exception>
    /// <exception cref="UsageException">A column to be read as text does not exist.</exception>
    public static TableForm Csv(IReadOnlyList<string> paths, string? separator, IReadOnlyList<string> text)
    {
        separator ??= new[] { "\t", ",", ";", "|" }.MaxBy(s => FirstLine(paths[0]).Split(s).Length)!;
        string[] names = Names(paths, separator);
        string? twice = names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1)?.Key;
        if (twice is not null || names.Contains(""))
            throw new DataException($"{paths[0]}: {(twice is null ? "a column has no name" : $"two columns are called '{twice}'")} in its first line");
        if (text.FirstOrDefault(name => !names.Contains(name)) is { } absent)
            throw new UsageException($"--text {absent}: {paths[0]} has no such column; it has {string.Join(", ", names)}");
        var kinds = Kinds(paths[0], names.Length, separator);
        return new DelimitedForm(separator, names.Length, hasHeader: true, () =>
            [.. names.Select((name, place) => (text.Contains(name) ? new TextColumn(name) : kinds[place].Column(name), place))],
            "where later values are of another kind than the first 10,000, --text COLUMN takes them as they stand");
    }

    /// <summary>The first lines of a file, from which its form is detected.</summary>
    /// <exception cref="DataException">It is empty.</exception>
    internal static IReadOnlyList<ReadOnlyMemory<byte>> Sample(string path, bool hasHeader)
    {
        using var chunks = new LineChunks([path], hasHeader, _sampleLines);
        var chunk = chunks.Next() ?? throw new DataException($"{path} is empty");
        return [.. Enumerable.Range(0, chunk.Ends.Count).Select(chunk.Line).Where(line => line.Length > 0)];
    }

    private static TableColumn AvazuColumn(string name) => name switch
    {
        "click" => TableColumn.Label(name),
        "hour" => TableColumn.Hour(name),
        "C1" or "banner_pos" or "device_type" or "device_conn_type" => TableColumn.Integer(name),
        ['C', _, _] => TableColumn.Integer(name),
        _ => new TextColumn(name),
    };

    private static CsvKind[] Kinds(string path, int fields, string separator)
    {
        CsvKind[] kinds = [.. Enumerable.Range(0, fields).Select(_ => new CsvKind())];
        var line = new LineFields(separator);
        foreach (var text in Sample(path, hasHeader: true))
        {
            line.Split(text);
            for (int i = 0; i < Math.Min(fields, line.Count); i++)
                kinds[i].See(line[i]);
        }
        return kinds;
    }

    private static string[] Names(IReadOnlyList<string> paths, string separator) => [.. new FieldSplitter(separator).Split(FirstLine(paths[0]).TrimStart('\uFEFF'))];

    private static string FirstLine(string path) => Encoding.UTF8.GetString(Sample(path, hasHeader: false)[0].Span);
}
