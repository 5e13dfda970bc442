using System.Text.Unicode;

namespace GpuCtr.Datagen;

/// <summary>The format of a public table.</summary>
internal abstract class TableForm
{
    /// <summary>Whether the first line of every file names the columns.</summary>
    public virtual bool HasHeader => false;

    /// <summary>The form in words, for the user to check.</summary>
    public abstract string Describe();

    /// <summary>Advice for bad lines; empty if there is none.</summary>
    public virtual string Advice => "";

    /// <summary>A parser with columns of its own: one for each thread.</summary>
    public abstract TableParser NewParser();
}

/// <summary>Turns lines into values of columns.</summary>
internal abstract class TableParser
{
    /// <summary>The columns.</summary>
    public abstract IReadOnlyList<TableColumn> Columns { get; }

    /// <summary>Adds a line to all columns; returns why it is bad, or null. A bad line is not added.</summary>
    public abstract string? Add(ReadOnlyMemory<byte> line);
}

/// <summary>Lines of separated fields.</summary>
/// <param name="separator">What stands between fields.</param>
/// <param name="fields">Fields of a line.</param>
/// <param name="hasHeader">The first line names the columns.</param>
/// <param name="columns">A column and its place for each field that is kept.</param>
/// <param name="advice">What to try where lines are bad.</param>
internal sealed class DelimitedForm(
    string separator, int fields, bool hasHeader, Func<IReadOnlyList<(TableColumn Column, int Place)>> columns, string advice = "") : TableForm
{
    /// <inheritdoc/>
    public override string Advice => advice;

    /// <inheritdoc/>
    public override bool HasHeader => hasHeader;

    /// <inheritdoc/>
    public override string Describe() =>
        $"lines of {fields} fields separated by {(separator == "\t" ? "tabs" : $"'{separator}'")}{(hasHeader ? ", with a header" : "")}: " +
        string.Join(", ", columns().Select(c => $"{c.Column.Field.Name} {Type(c.Column.Field)}"));

    /// <inheritdoc/>
    public override TableParser NewParser() => new Parser(separator, fields, columns());

    private static string Type(Parquet.Schema.Field field) => (field as Parquet.Schema.DataField)?.ClrType switch
    {
        null => "list",
        var type when type == typeof(float) || type == typeof(double) => "number",
        var type when type == typeof(int) || type == typeof(long) => "integer",
        var type when type == typeof(DateTime) => "time",
        var type when type == typeof(bool) => "true or false",
        _ => "text",
    };

    private sealed class Parser(string separator, int fields, IReadOnlyList<(TableColumn Column, int Place)> columns) : TableParser
    {
        private readonly LineFields _line = new(separator);

        public override IReadOnlyList<TableColumn> Columns { get; } = [.. columns.Select(c => c.Column)];

        public override string? Add(ReadOnlyMemory<byte> line)
        {
            // Bytes that are not UTF-8 would be decoded as replacement characters, which would merge different values.
            if (!Utf8.IsValid(line.Span))
                return "is not UTF-8";
            _line.Split(line);
            if (_line.Count != fields)
                return _line.Count < fields ? "has too few fields" : "has too many fields";
            for (int i = 0; i < columns.Count; i++)
            {
                if (columns[i].Column.Add(_line[columns[i].Place]) is not { } reason)
                    continue;
                while (--i >= 0)
                    columns[i].Column.RemoveLast();
                return reason;
            }
            return null;
        }
    }
}
