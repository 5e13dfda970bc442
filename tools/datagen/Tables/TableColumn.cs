using System.Buffers.Text;
using System.Text;
using Parquet;
using Parquet.Schema;

namespace GpuCtr.Datagen;

/// <summary>A column of a table that is imported: converts the fields of lines to values.</summary>
internal abstract class TableColumn(Field schemaField)
{
    /// <summary>Its place in a schema.</summary>
    public Field Field => schemaField;

    /// <summary>Adds a field. Returns an error message if the field is invalid, which is then not added; null otherwise.</summary>
    public abstract string? Add(ReadOnlySpan<byte> text);

    /// <summary>Removes the last field, because its line turned out to be bad.</summary>
    public abstract void RemoveLast();

    /// <summary>Writes the added fields and clears them.</summary>
    public abstract Task WriteAsync(ParquetRowGroupWriter group, CancellationToken stop);

    /// <summary>A label: 0 or 1, or −1 for 0.</summary>
    public static TableColumn Label(string name) => new ValueColumn<int>(name, "has a label that is neither 0 nor 1", isNullable: false, LabelOf);

    /// <summary>Whole numbers; missing ones are null.</summary>
    public static TableColumn Integer(string name) => new ValueColumn<long>(name, $"has no whole number in {name}", isNullable: true, WholeOf);

    /// <summary>Numbers as float32; missing ones are null.</summary>
    public static TableColumn Real(string name) => new ValueColumn<float>(name, $"has no number in {name}", isNullable: true, text => (float?)RealOf(text));

    /// <summary>Whether a field is a missing value: empty, or as pandas, R, SQL and Hive write it.</summary>
    internal static bool IsMissing(ReadOnlySpan<byte> text) => text.IsEmpty || text.Length <= 4 &&
        (Ascii.EqualsIgnoreCase(text, "nan"u8) || Ascii.EqualsIgnoreCase(text, "null"u8) || Ascii.EqualsIgnoreCase(text, "none"u8)
         || text.SequenceEqual("NA"u8) || text.SequenceEqual("N/A"u8) || text.SequenceEqual("<NA>"u8) || text.SequenceEqual("\\N"u8));

    /// <summary>Whole number in canonical form, or null: 007, +7 and −0 are not canonical.</summary>
    internal static long? WholeOf(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out long value, out int used) && used == text.Length && !IsPadded(text) && !text.SequenceEqual("-0"u8) ? value : null;

    /// <summary>Finite number, or null.</summary>
    internal static double? RealOf(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out double value, out int used) && used == text.Length && double.IsFinite(value) ? value : null;

    /// <summary>0 or 1, or null.</summary>
    internal static int? LabelOf(ReadOnlySpan<byte> text) => RealOf(text.StartsWith("+"u8) ? text[1..] : text) switch { 1 => 1, 0 or -1 => 0, _ => null };

    /// <summary>Whether it has a plus or zeros in front, which a number would lose.</summary>
    private static bool IsPadded(ReadOnlySpan<byte> text)
    {
        var digits = text.StartsWith("-"u8) ? text[1..] : text;
        return text.StartsWith("+"u8) || digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit((char)digits[1]);
    }
}

/// <summary>A column of numbers.</summary>
internal sealed class ValueColumn<T>(string name, string trouble, bool isNullable, ValueColumn<T>.Parser parse)
    : TableColumn(new DataField(name, typeof(T), isNullable: isNullable)) where T : struct
{
    private readonly List<T?> _values = [];

    /// <summary>The value of a field, or null if it is invalid.</summary>
    public delegate T? Parser(ReadOnlySpan<byte> text);

    /// <inheritdoc/>
    public override string? Add(ReadOnlySpan<byte> text)
    {
        bool isNull = isNullable && IsMissing(text);
        var value = isNull ? null : parse(text);
        if (value is null && !isNull)
            return trouble;
        _values.Add(value);
        return null;
    }

    /// <inheritdoc/>
    public override void RemoveLast() => _values.RemoveAt(_values.Count - 1);

    /// <inheritdoc/>
    public override async Task WriteAsync(ParquetRowGroupWriter group, CancellationToken stop)
    {
        if (isNullable)
            await group.WriteAsync<T>((DataField)Field, _values.ToArray(), cancellationToken: stop);
        else
            await group.WriteAsync<T>((DataField)Field, _values.Select(value => value!.Value).ToArray(), cancellationToken: stop);
        _values.Clear();
    }
}

/// <summary>A column with a list of whole numbers in each row.</summary>
internal sealed class IdListColumn : TableColumn
{
    private readonly ListColumn<long> _list;
    private readonly List<long> _ids = [];
    private readonly List<int> _offsets = [0];

    /// <summary>A column of the given name.</summary>
    public IdListColumn(string name)
        : this(new ListColumn<long>(name))
    {
    }

    private IdListColumn(ListColumn<long> list)
        : base(list.Field) => _list = list;

    /// <summary>Adds an id to the row that <see cref="EndRow"/> will end.</summary>
    public void AddId(long id) => _ids.Add(id);

    /// <summary>Ends the row.</summary>
    public void EndRow() => _offsets.Add(_ids.Count);

    /// <summary>Removes the ids of an unfinished row.</summary>
    public void DropRow() => _ids.RemoveRange(_offsets[^1], _ids.Count - _offsets[^1]);

    /// <inheritdoc/>
    public override string? Add(ReadOnlySpan<byte> text) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void RemoveLast()
    {
        _offsets.RemoveAt(_offsets.Count - 1);
        DropRow();
    }

    /// <inheritdoc/>
    public override async Task WriteAsync(ParquetRowGroupWriter group, CancellationToken stop)
    {
        await _list.WriteAsync(group, _ids.ToArray(), _offsets.ToArray(), stop);
        _ids.Clear();
        _offsets.RemoveRange(1, _offsets.Count - 1);
    }
}
