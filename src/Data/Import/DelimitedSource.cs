using System.Text;
using nietras.SeparatedValues;
using static System.FormattableString;

namespace GpuCtr.Data.Import;

/// <summary>A file of separated fields: quotes protect separators, line breaks and doubled quotes within a field.</summary>
internal sealed class DelimitedSource : ImportSource
{
    private readonly SepReader reader;
    private readonly int step;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="separator">The separator between fields: a character, or the same character twice.</param>
    /// <param name="names">Names of the columns; null = the first row has them.</param>
    /// <param name="encoding">Its encoding.</param>
    /// <exception cref="GpuCtrException">Data: it is empty, a column has no name, or two have one.</exception>
    public DelimitedSource(string path, string separator, IReadOnlyList<string>? names, Encoding encoding)
        : base(path, encoding)
    {
        // Between the two characters of :: is an empty field.
        step = separator.Length;
        reader = Sep.New(separator[0]).Reader(o => o with { HasHeader = false, DisableColCountCheck = true }).From(Text);
        Names = names ?? (Next() ? Header(path) : throw GpuCtrException.DataError(new DataPlace(path), "the file is empty"));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Names { get; }

    /// <inheritdoc/>
    public override long Line => reader.Current.LineNumberFrom;

    /// <inheritdoc/>
    public override string? Fault => Count == Names.Count ? null : $"{Count} fields where {Names.Count} are expected{(reader.Current.LineNumberToExcl > Line + 1 ? Invariant($", up to line {reader.Current.LineNumberToExcl - 1}: is a quote not closed?") : "")}";

    /// <inheritdoc/>
    public override ImportField this[int column] => column < Count ? FieldOf(reader.Current[column * step].Span) : default;

    private int Count => (reader.Current.ColCount + step - 1) / step;

    /// <summary>Empty lines are none.</summary>
    public override bool Next()
    {
        while (reader.MoveNext())
        {
            if (reader.Current.ColCount > 1 || reader.Current[0].Span.Length > 0 || Names?.Count == 1)
                return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        reader.Dispose();
        base.Dispose();
    }

    private string[] Header(string path)
    {
        string[] found = [.. Enumerable.Range(0, Count).Select(i => this[i].Text.ToString())];
        return found.GroupBy(name => name).FirstOrDefault(g => g.Count() > 1)?.Key is { } twice
            ? throw GpuCtrException.DataError(new DataPlace(path), $"two columns are called '{twice}' in its first line; give them different names")
            : found.Contains("") ? throw GpuCtrException.DataError(new DataPlace(path), "a column has no name in its first line; give it one") : found;
    }

    /// <summary>Blanks around a field are not part of it, except in quotes.</summary>
    private static ImportField FieldOf(ReadOnlySpan<char> raw)
    {
        raw = raw.Trim(' ');
        if (raw is not ['"', .., '"'])
            return new(raw);
        ReadOnlySpan<char> inside = raw[1..^1];
        return new(inside.Contains('"') ? inside.ToString().Replace("\"\"", "\"", StringComparison.Ordinal) : inside, isQuoted: true);
    }
}
