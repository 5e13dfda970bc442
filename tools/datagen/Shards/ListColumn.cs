using Parquet;
using Parquet.Schema;

namespace GpuCtr.Datagen;

/// <summary>A column with a list in each row, none of them null, written from flat values and offsets.</summary>
/// <remarks>Definition level 0 means an empty list and the deepest level a value; repetition level 1 goes on with the row's list.</remarks>
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
        var (definition, repetition) = Levels(offsets.Span, _element.MaxDefinitionLevel);
        await group.WriteAllPartsAsync(_element, values, definition, repetition, stop);
    }

    private static (int[] Definition, int[] Repetition) Levels(ReadOnlySpan<int> offsets, int deepest)
    {
        int empty = 0;
        for (int i = 1; i < offsets.Length; i++)
            empty += offsets[i] == offsets[i - 1] ? 1 : 0;
        int[] definition = new int[offsets[^1] + empty], repetition = new int[definition.Length];
        int level = 0;
        for (int i = 1; i < offsets.Length; i++)
        {
            int length = offsets[i] - offsets[i - 1];
            definition.AsSpan(level, Math.Max(1, length)).Fill(length == 0 ? deepest - 1 : deepest);
            repetition.AsSpan(level + 1, Math.Max(0, length - 1)).Fill(1);
            level += Math.Max(1, length);
        }
        return (definition, repetition);
    }
}
