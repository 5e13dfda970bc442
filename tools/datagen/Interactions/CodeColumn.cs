using Parquet;
using Parquet.Schema;

namespace GpuCtr.Datagen;

/// <summary>A column of ids, one or a list per row, written from codes; a negative code is null.</summary>
internal sealed class CodeColumn
{
    private readonly IdTable _table;
    private readonly DataField _leaf;
    private readonly bool _isList;

    private CodeColumn(string name, IdTable table, bool nullable, bool isList)
    {
        (_table, _isList) = (table, isList);
        _leaf = new DataField(isList ? "element" : name, table.AreIntegers ? typeof(long) : typeof(string), isNullable: nullable);
        Field = isList ? new ListField(name, _leaf) : _leaf;
    }

    /// <summary>The column's place in a schema.</summary>
    public Field Field { get; }

    /// <summary>int64 if all ids are integers, else string.</summary>
    public static CodeColumn Of(string name, IdTable table, bool nullable) => new(name, table, nullable, isList: false);

    /// <summary>Lists of int64 if all ids are integers, else of strings.</summary>
    public static CodeColumn OfLists(string name, IdTable table, bool nullable) => new(name, table, nullable, isList: true);

    /// <summary>Writes rows. codes (rows), or (positions) with offsets (rows + 1) for lists</summary>
    public Task WriteAsync(ParquetRowGroupWriter group, int[] codes, int[] offsets, CancellationToken stop) => (_isList, _table.AreIntegers) switch
    {
        (true, true) => WriteListsAsync(group, codes, offsets, _table.Number, stop),
        (true, false) => WriteListsAsync(group, codes, offsets, code => _table.Text(code).AsMemory(), stop),
        (false, false) => group.WriteAsync(_leaf, Array.ConvertAll(codes, code => code < 0 ? null : _table.Text(code))!),
        _ when _leaf.IsNullable => group.WriteAsync<long>(_leaf, Array.ConvertAll(codes, code => code < 0 ? (long?)null : _table.Number(code)), cancellationToken: stop),
        _ => group.WriteAsync<long>(_leaf, Array.ConvertAll(codes, _table.Number), cancellationToken: stop),
    };

    private Task WriteListsAsync<T>(ParquetRowGroupWriter group, int[] codes, int[] offsets, Converter<int, T> valueOf, CancellationToken stop)
        where T : struct
    {
        var (definition, repetition) = ListLevels.Of(offsets, codes, _leaf.MaxDefinitionLevel);
        int[] present = Array.FindAll(codes, code => code >= 0);
        return group.WriteAllPartsAsync<T>(_leaf, Array.ConvertAll(present, valueOf), definition, repetition, stop);
    }
}
