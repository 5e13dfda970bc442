using Parquet;
using Parquet.Schema;

namespace GpuCtr.Datagen.Tests;

/// <summary>Columns of a file read back as text: one string a value, <c>null</c> for null, and an array of them a row.</summary>
internal static class ListRows
{
    public static async Task<Dictionary<string, string[][]>> ReadAsync(string path)
    {
        await using var reader = await ParquetReader.CreateAsync(path);
        var columns = reader.Schema.Fields.ToDictionary(field => field.Name, _ => new List<string[]>());
        for (int g = 0; g < reader.RowGroupCount; g++)
        {
            using var group = reader.OpenRowGroupReader(g);
            foreach (var field in reader.Schema.Fields)
                columns[field.Name].AddRange(await ColumnAsync(group, field is ListField list ? (DataField)list.Item : (DataField)field));
        }
        return columns.ToDictionary(column => column.Key, column => column.Value.ToArray());
    }

    private static async Task<string[][]> ColumnAsync(ParquetRowGroupReader group, DataField leaf) => leaf.ClrType switch
    {
        _ when leaf.ClrType == typeof(int) => await RowsAsync<int>(group, leaf),
        _ when leaf.ClrType == typeof(long) => await RowsAsync<long>(group, leaf),
        _ when leaf.ClrType == typeof(float) => await RowsAsync<float>(group, leaf),
        _ when leaf.ClrType == typeof(double) => await RowsAsync<double>(group, leaf),
        _ when leaf.ClrType == typeof(bool) => await RowsAsync<bool>(group, leaf),
        _ when leaf.ClrType == typeof(DateTime) => await RowsAsync<DateTime>(group, leaf),
        _ => await RowsAsync<ReadOnlyMemory<char>>(group, leaf),
    };

    private static async Task<string[][]> RowsAsync<T>(ParquetRowGroupReader group, DataField leaf)
        where T : struct
    {
        using var raw = (Parquet.Data.RawColumnData<T>)await group.ReadRawColumnDataBaseAsync(leaf);
        T[] values = raw.Values.ToArray();
        int[] definition = leaf.MaxDefinitionLevel > 0 ? raw.DefinitionLevels.ToArray() : [];
        int[] repetition = leaf.MaxRepetitionLevel > 0 ? raw.RepetitionLevels.ToArray() : [];
        if (leaf.MaxDefinitionLevel == 0)
            return [.. values.Select(value => new[] { value.ToString()! })];
        var rows = new List<List<string>>();
        int next = 0;
        for (int i = 0; i < definition.Length; i++)
        {
            if (leaf.MaxRepetitionLevel == 0 || repetition[i] == 0)
                rows.Add([]);
            if (definition[i] == leaf.MaxDefinitionLevel)
                rows[^1].Add(values[next++].ToString()!);
            else if (definition[i] == leaf.MaxDefinitionLevel - 1 && leaf.IsNullable)
                rows[^1].Add("null");
        }
        return [.. rows.Select(row => row.ToArray())];
    }
}
