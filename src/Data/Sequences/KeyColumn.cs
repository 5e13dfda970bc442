using GpuCtr.Data.Shards;
using Parquet;
using Parquet.Schema;

namespace GpuCtr.Data.Sequences;

/// <summary>The distinct values of a column of integers or strings, numbered in the order in which they first occur.</summary>
internal sealed class KeyColumn
{
    // Definition levels of a non-null list: with an entry, or empty.
    private const int Entry = 3, EmptyList = 1;

    private readonly Dictionary<long, int> integers = [];
    private readonly Dictionary<string, int> texts = new(StringComparer.Ordinal);
    private DataField? field;

    private KeyColumn(ColumnRequest request) => Request = request;

    /// <summary>How the column is read.</summary>
    public ColumnRequest Request { get; }

    /// <summary>Number of values.</summary>
    public int Count => integers.Count + texts.Count;

    /// <summary>The entries of lists of these values.</summary>
    public DataField Element { get; private set; } = null!;

    /// <summary>The column of that name.</summary>
    /// <exception cref="GpuCtrException">Usage: its type identifies nothing.</exception>
    public static KeyColumn Of(ShardSet shards, string name)
    {
        StoredColumn stored = shards.Column(name)!;
        ValueKind kind = stored.Kind == ValueKind.Real ? ValueKind.Integer : stored.Kind;
        return kind is ValueKind.Integer or ValueKind.Unsigned or ValueKind.Text
            ? new KeyColumn(new ColumnRequest(name, kind)) { Element = new DataField("element", TypeOf(kind), isNullable: true) }
            : throw GpuCtrException.UsageError($"column '{name}': its type is {stored.TypeName}; users and items must be integers or strings");
    }

    /// <summary>The number of the value of a row; null if there is none.</summary>
    public int? IndexOf(ColumnBuffer column, int r)
    {
        if (column.IsNull(r))
            return null;
        if (column.Kind != ValueKind.Text)
            return integers.TryGetValue(column.Integers[r], out int known) ? known : integers[column.Integers[r]] = integers.Count;
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> bySpan = texts.GetAlternateLookup<ReadOnlySpan<char>>();
        return bySpan.TryGetValue(column.Texts[r].Span, out int same) ? same : texts[column.Texts[r].ToString()] = texts.Count;
    }

    /// <summary>The field of a column with one of these values in each row.</summary>
    public DataField Field(string name) => field = new DataField(name, TypeOf(Request.Kind!.Value), isNullable: true);

    /// <summary>Writes values by their numbers.</summary>
    public Task Write(ParquetRowGroupWriter group, int[] values) => Request.Kind switch
    {
        ValueKind.Text => group.WriteAsync(field!, Texts(values)),
        ValueKind.Unsigned => group.WriteAsync<ulong>(field!, Array.ConvertAll(Integers(values), v => (ulong?)unchecked((ulong)v))),
        _ => group.WriteAsync<long>(field!, Array.ConvertAll(Integers(values), v => (long?)v)),
    };

    /// <summary>Writes lists of values by their numbers.</summary>
    public Task WriteLists(ParquetRowGroupWriter group, int[][] lists)
    {
        int[] values = [.. lists.SelectMany(l => l)];
        int[] definition = [.. lists.SelectMany(l => l.Length == 0 ? [EmptyList] : Enumerable.Repeat(Entry, l.Length))];
        int[] repetition = [.. lists.SelectMany(l => Enumerable.Range(0, Math.Max(1, l.Length)).Select(i => i == 0 ? 0 : 1))];
        return Request.Kind switch
        {
            ValueKind.Text => group.WriteAllPartsAsync<ReadOnlyMemory<char>>(Element, Array.ConvertAll(Texts(values), t => t.AsMemory()), definition, repetition, default),
            ValueKind.Unsigned => group.WriteAllPartsAsync<ulong>(Element, Array.ConvertAll(Integers(values), v => unchecked((ulong)v)), definition, repetition, default),
            _ => group.WriteAllPartsAsync<long>(Element, Integers(values), definition, repetition, default),
        };
    }

    // Dictionaries without removals enumerate in the order of insertion, but do not promise it.
    private long[] Integers(int[] numbers)
    {
        long[] all = new long[integers.Count];
        foreach ((long value, int number) in integers)
            all[number] = value;
        return Array.ConvertAll(numbers, n => all[n]);
    }

    private string[] Texts(int[] numbers)
    {
        string[] all = new string[texts.Count];
        foreach ((string value, int number) in texts)
            all[number] = value;
        return Array.ConvertAll(numbers, n => all[n]);
    }

    private static Type TypeOf(ValueKind kind) => kind switch { ValueKind.Text => typeof(string), ValueKind.Unsigned => typeof(ulong), _ => typeof(long) };
}
