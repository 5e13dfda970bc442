using System.Globalization;

namespace GpuCtr.Datagen;

/// <summary>Reads the lines of files into an <see cref="InteractionLog"/>.</summary>
public sealed class InteractionReader(InteractionLog log, BadLines bad)
{
    /// <summary>Reads one file, line by line.</summary>
    public void Read(string path, LineFormat format, CancellationToken stop)
    {
        var splitter = new FieldSplitter(format.Separator);
        long number = 0;
        bool header = format.HasHeader;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if ((number & 0xFFFF) == 0)
                stop.ThrowIfCancellationRequested();
            if (string.IsNullOrWhiteSpace(line))
                continue;
            if (header)
            {
                header = false;
                continue;
            }
            var fields = splitter.Split(line);
            bad.Add(format.IsSequence ? Sequence(fields) : Interaction(fields, format), path, number, line);
        }
    }

    /// <summary>Seconds, milliseconds or any other number, or a date; NaN for neither.</summary>
    public static double TimeOf(string text)
    {
        if (double.TryParse(text, CultureInfo.InvariantCulture, out double number))
            return double.IsFinite(number) ? number : double.NaN;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? date.ToUnixTimeMilliseconds() / 1000.0
            : double.NaN;
    }

    // Answers why the line is bad, or null.
    private string? Sequence(List<string> fields)
    {
        if (fields.Count < 2)
            return "has no item";
        for (int i = 0; i < fields.Count; i++)
        {
            if (fields[i].Length == 0)
                return i == 0 ? "has an empty user" : "has an empty item";
        }
        for (int i = 1; i < fields.Count; i++)
            log.Add(fields[0], fields[i], double.NaN, default);
        return null;
    }

    private string? Interaction(List<string> fields, LineFormat format)
    {
        foreach (int place in format.Columns.Values)
        {
            if (place >= fields.Count)
                return "has too few fields";
        }
        string user = fields[format.Columns[ColumnRole.User]], item = fields[format.Columns[ColumnRole.Item]];
        if (user.Length == 0)
            return "has an empty user";
        if (item.Length == 0)
            return "has an empty item";
        double time = double.NaN;
        if (format.Columns.TryGetValue(ColumnRole.Time, out int timePlace))
        {
            time = TimeOf(fields[timePlace]);
            if (double.IsNaN(time))
                return "has a time that is neither a number nor a date";
        }
        string category = format.Columns.TryGetValue(ColumnRole.Category, out int categoryPlace) ? fields[categoryPlace] : "";
        log.Add(user, item, time, format.FirstWordOnly ? CategoryFile.FirstWord(category) : category);
        return null;
    }
}
