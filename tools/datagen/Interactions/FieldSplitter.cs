namespace GpuCtr.Datagen;

/// <summary>Cuts a line into fields: at a separator, or at runs of blanks; double quotes protect separators within a field.</summary>
public sealed class FieldSplitter(string separator)
{
    private readonly List<string> _fields = [];

    /// <summary>The separators that are tried, in this order.</summary>
    public static readonly string[] Known = ["\t", "::", ",", ";", "|", " "];

    /// <summary>Marks lines of JSON with reviews: their fields are user, item and time.</summary>
    public const string Reviews = "JSON";

    /// <summary>The separator.</summary>
    public string Separator => separator;

    /// <summary>The fields of a line; the list is used again for the next line.</summary>
    public List<string> Split(string line)
    {
        _fields.Clear();
        if (separator == Reviews)
            _fields.AddRange(ReviewLine.Fields(line));
        else if (separator == " ")
            _fields.AddRange(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        else if (line.Contains('"'))
            SplitQuoted(line);
        else
            _fields.AddRange(line.Split(separator, StringSplitOptions.TrimEntries));
        return _fields;
    }

    // A quote opens a quoted field only at its start; within it, "" means ".
    private void SplitQuoted(string line)
    {
        int at = 0;
        while (true)
        {
            int end;
            if (at < line.Length && line[at] == '"' && EndOfQuotes(line, at) is int close and > 0)
            {
                end = close + 1;
                _fields.Add(line[(at + 1)..close].Replace("\"\"", "\""));
            }
            else
            {
                end = line.IndexOf(separator, at, StringComparison.Ordinal);
                end = end < 0 ? line.Length : end;
                _fields.Add(line[at..end].Trim());
            }
            if (end >= line.Length)
                return;
            at = end + separator.Length;
        }
    }

    // The closing quote: not doubled, and followed by a separator or by the end. 0 if there is none.
    private int EndOfQuotes(string line, int open)
    {
        for (int i = open + 1; i < line.Length; i++)
        {
            if (line[i] != '"')
                continue;
            if (i + 1 < line.Length && line[i + 1] == '"')
                i++;
            else
                return i + 1 == line.Length || line.AsSpan(i + 1).StartsWith(separator) ? i : 0;
        }
        return 0;
    }
}
