using Parquet;
using Parquet.Schema;

namespace GpuCtr.Data.Import;

/// <summary>A column of the rows of a row group that is being filled.</summary>
/// <param name="schemaField">Its place in the schema.</param>
internal abstract class ImportColumn(Field schemaField)
{
    /// <summary>Its place in the schema.</summary>
    public Field Field => schemaField;

    /// <summary>Its type, for people.</summary>
    public abstract string TypeName { get; }

    /// <summary>Adds the value of the next row.</summary>
    public abstract void Add(ImportField field);

    /// <summary>Writes the values and forgets them.</summary>
    public abstract Task WriteAsync(ParquetRowGroupWriter group);
}

/// <summary>Numbers, truths or times; a missing one is null.</summary>
internal sealed class ValueColumn<T>(string name, ValueColumn<T>.Reader read) : ImportColumn(new DataField(name, typeof(T), isNullable: true)) where T : struct
{
    private readonly List<T?> values = [];

    /// <summary>Reads a field that is not missing; null if it does not have this type.</summary>
    public delegate T? Reader(ImportField field);

    /// <inheritdoc/>
    public override string TypeName => typeof(T) == typeof(long) || typeof(T) == typeof(int) ? "integer" : typeof(T) == typeof(double) ? "number" : typeof(T) == typeof(bool) ? "true or false" : "time";

    /// <inheritdoc/>
    public override void Add(ImportField field) => values.Add(field.IsMissing ? null : read(field));

    /// <inheritdoc/>
    public override async Task WriteAsync(ParquetRowGroupWriter group)
    {
        await group.WriteAsync<T>((DataField)Field, values.ToArray());
        values.Clear();
    }
}

/// <summary>Strings as they stand; an empty field without quotes is null. Lists of a file of JSON are text that <c>--history</c> and <c>--multi-value</c> read, in which ids keep their digits; only a missing list is null.</summary>
internal sealed class TextColumn(string name, bool lists = false) : ImportColumn(new DataField(name, typeof(string), isNullable: true))
{
    private readonly List<string?> values = [];
    private readonly Dictionary<string, string> known = [];

    /// <inheritdoc/>
    public override string TypeName => lists ? "list, as text" : "text";

    /// <inheritdoc/>
    public override void Add(ImportField field)
    {
        if (lists ? field.IsMissing : field.IsEmpty)
        {
            values.Add(null);
            return;
        }

        // Most values recur within a row group.
        Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> lookup = known.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(field.Text, out string? value))
            known.Add(value = field.Text.ToString(), value);
        values.Add(value);
    }

    /// <inheritdoc/>
    public override async Task WriteAsync(ParquetRowGroupWriter group)
    {
        await group.WriteAsync((DataField)Field, values.ToArray());
        values.Clear();
        known.Clear();
    }
}
