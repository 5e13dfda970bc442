using Parquet;
using Parquet.Schema;

namespace GpuCtr.Datagen;

/// <summary>A column with a list in each row, none of them null, written from flat values and offsets.</summary>
public sealed class ListColumn<T>
    where T : struct
{
    private readonly DataField<T> _element;

    /// <summary>A column of the given name.</summary>
    public ListColumn(string name)
    {
        _element = new DataField<T>("element", nullable: false);
        Field = new ListField(name, _element);
    }

    /// <summary>The column's place in a schema.</summary>
    public ListField Field { get; }

    /// <summary>Writes rows: row i has values[offsets[i] .. offsets[i + 1]]. values (positions), offsets (rows + 1)</summary>
    public async Task WriteAsync(ParquetRowGroupWriter group, ReadOnlyMemory<T> values, ReadOnlyMemory<int> offsets, CancellationToken stop)
    {
        var (definition, repetition) = ListLevels.Of(offsets.Span, [], _element.MaxDefinitionLevel);
        await group.WriteAllPartsAsync(_element, values, definition, repetition, stop);
    }
}
