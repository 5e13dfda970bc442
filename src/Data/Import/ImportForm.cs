using System.Globalization;
using System.Text;
using GpuCtr.Data.Features;

namespace GpuCtr.Data.Import;

/// <summary>A column that a known format always has.</summary>
/// <param name="Source">Its names in the files, of which one is there; or its place, if files have no names.</param>
/// <param name="Column">The column that it becomes.</param>
internal sealed record KnownColumn(IReadOnlyList<string> Source, Func<ImportColumn> Column);

/// <summary>How the files of a format become columns.</summary>
/// <param name="IsJson">Lines are objects of JSON.</param>
/// <param name="Separator">The separator between fields; unused for JSON.</param>
/// <param name="Names">Names of the columns, for files without a header.</param>
/// <param name="Known">The columns of a known format, which are all; null: every column, with the type of its values.</param>
internal sealed record ImportForm(bool IsJson, string Separator, IReadOnlyList<string>? Names, IReadOnlyList<KnownColumn>? Known)
{
    /// <summary>The formats by name.</summary>
    public static readonly IReadOnlyList<string> Formats = ["csv", "tsv", "jsonl", "criteo", "avazu", "movielens", "amazon"];

    /// <summary>The lowest rating that counts as label 1, by format.</summary>
    public static readonly IReadOnlyList<string> Rated = ["movielens", "amazon"];

    private static readonly string[] separators = ["\t", ",", ";", "|"];

    /// <summary>The form of some files, which their first line may decide.</summary>
    /// <exception cref="GpuCtrException">Usage: no such format or file. Data: the first line is not of this format.</exception>
    public static ImportForm Of(ImportRequest request)
    {
        string path = request.Files[0];
        switch (request.Format)
        {
            case "csv":
                return new(false, request.Separator ?? FirstLine(path, request.TextEncoding) switch { var line => separators.MaxBy(s => line.Split(s).Length)! }, null, null);
            case "tsv":
                return new(false, "\t", null, null);
            case "jsonl":
                return new(true, "", null, null);
            case "criteo":
                string[] names = ["label", .. Enumerable.Range(1, 13).Select(i => $"I{i}"), .. Enumerable.Range(1, 26).Select(i => $"C{i}")];
                return new(false, "\t", names, [.. names.Select(n => new KnownColumn([n], n[0] switch { 'C' => () => new TextColumn(n), 'I' => () => Number(n), _ => () => Label(n) }))]);
            case "avazu":
                return Avazu(path, FirstLine(path, request.TextEncoding).Split(','));
            case "movielens":
                return MovieLens(path, FirstLine(path, request.TextEncoding), request.Positive);
            default:
                return new(true, "", null,
                [
                    new(["overall", "rating"], () => Rating(request.Positive)),
                    new(["reviewerID", "user_id"], () => new TextColumn("user")), new(["parent_asin", "asin"], () => new TextColumn("item")),
                    new(["unixReviewTime", "timestamp"], () => Time("time")),
                ]);
        }
    }

    /// <summary>Avazu's click logs: the id of the row is left out, hour is a time.</summary>
    private static ImportForm Avazu(string path, string[] names) => names.Contains("click") && names.Contains("hour")
        ? new(false, ",", null, [.. names.Where(n => n != "id").Select(n => new KnownColumn([n], n switch
        {
            "click" => () => Label(n),
            "hour" => () => new ValueColumn<DateTime>(n, HourOf),
            "banner_pos" or "device_type" or "device_conn_type" or ['C', ..] => () => new ValueColumn<long>(n, ImportKind.WholeOf),
            _ => () => new TextColumn(n),
        }))])
        : throw GpuCtrException.DataError(new DataPlace(path), "its first line has no columns click and hour; import avazu reads Avazu's train.csv, import csv any other");

    /// <summary>Ratings of 100k (u.data), 1M (ratings.dat), 20M (ratings.csv), or RecBole's .inter.</summary>
    private static ImportForm MovieLens(string path, string first, IReadOnlyList<string> positive)
    {
        string separator = first.Contains("::", StringComparison.Ordinal) ? "::" : first.Contains('\t') ? "\t" : ",";
        string[] fields = first.Split(separator), names = ["user", "item", "rating", "time"];
        if (fields.Length != names.Length)
            throw GpuCtrException.DataError(new DataPlace(path), $"{fields.Length} fields in its first line, not user, item, rating and time; import movielens reads u.data, ratings.dat and ratings.csv, import csv any other");
        bool named = first.StartsWith("user", StringComparison.OrdinalIgnoreCase);
        string[] own = named ? fields : names;
        return new(false, separator, named ? null : names,
        [
            new([own[2]], () => Rating(positive)), new([own[0]], () => new ValueColumn<long>("user", ImportKind.WholeOf)),
            new([own[1]], () => new ValueColumn<long>("item", ImportKind.WholeOf)), new([own[3]], () => Time("time")),
        ]);
    }

    /// <summary>1 if a rating meets a condition; the rating itself would leak the label.</summary>
    private static ValueColumn<int> Rating(IReadOnlyList<string> positive)
    {
        LabelTest[] tests = [.. positive.Select(LabelTest.Of)];
        return new("label", field => double.TryParse(field.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double rating) ? tests.Any(t => t.Holds(rating)) ? 1 : 0 : null);
    }

    private static ValueColumn<int> Label(string name) => new(name, field => ImportKind.NumberOf(field) switch { 1 => 1, 0 or -1 => 0, _ => null });

    private static ValueColumn<double> Number(string name) => new(name, ImportKind.NumberOf);

    private static ValueColumn<DateTime> Time(string name) => new(name, UnixTimeOf);

    /// <summary>Seconds or milliseconds since 1970.</summary>
    private static DateTime? UnixTimeOf(ImportField field)
    {
        const double mostSeconds = 1e11, mostMilliseconds = 1e14; // the year 5138
        return ImportKind.NumberOf(field) is { } time && Math.Abs(time) < mostMilliseconds ? DateTime.UnixEpoch.AddSeconds(Math.Abs(time) < mostSeconds ? time : time / 1000) : null;
    }

    /// <summary>yyMMddHH.</summary>
    private static DateTime? HourOf(ImportField field) => DateTime.TryParseExact(
        $"20{field.Text}", "yyyyMMddHH", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime hour) ? hour : null;

    /// <summary>Opens a file of this form.</summary>
    public ImportSource Open(string path, Encoding encoding) => IsJson ? new JsonSource(path, encoding) : new DelimitedSource(path, Separator, Names, encoding);

    private static string FirstLine(string path, Encoding encoding)
    {
        using TextReader text = ImportSource.OpenText(path, encoding).Text;
        string? line;
        try
        {
            line = text.ReadLine();
        }
        catch (DecoderFallbackException)
        {
            // Reported with its place when rows are read.
            return "";
        }

        return line ?? throw GpuCtrException.DataError(new DataPlace(path), "the file is empty");
    }
}
