using GpuCtr.Data.Shards;
using Parquet;
using Parquet.Schema;

namespace GpuCtr.Data.Features;

/// <content>Files of the learned attributes of items.</content>
public sealed partial class FeatureEncoder
{
    private static StoredAttribute SaveAttribute(string folder, ItemAttribute attribute, int index)
    {
        string name = $"{VocabularyFolder}/attribute_{index:D3}.parquet";
        using FileStream file = File.Create(Path.Combine(folder, name));
        WriteAttribute(file, attribute.Rows).GetAwaiter().GetResult();
        Disk.Flush(file);
        return new StoredAttribute(attribute.Item, attribute.Attribute, name);
    }

    private static async Task WriteAttribute(FileStream file, int[] rows)
    {
        var row = new DataField<long>("row");
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(row), file, new ParquetOptions { CompressionMethod = CompressionMethod.Snappy });
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        await group.WriteAsync<long>(row, Array.ConvertAll(rows, r => (long)r));
        group.CompleteValidate();
    }

    /// <exception cref="GpuCtrException">Data: damaged.</exception>
    private static ItemAttribute ReadAttribute(string folder, StoredAttribute state, IReadOnlyList<VocabularyTable> tables)
    {
        string path = PathOf(folder, state.File);
        Shard shard = Shard.Open(path, 0);
        int items = tables[state.Item].Rows, values = tables[state.Attribute].Rows;
        using ShardReader reader = shard.Rent();
        var buffer = new ColumnBuffer();
        long[] rows = [];
        foreach (RowGroupRef group in shard.RowGroups)
        {
            reader.Read(group.Group, "row", buffer);
            rows = [.. rows, .. buffer.Integers.AsSpan(0, buffer.Count)];
        }

        return rows.Length == items && rows.All(r => r >= 0 && r < values)
            ? new ItemAttribute(state.Item, state.Attribute, Array.ConvertAll(rows, r => (int)r))
            : throw GpuCtrException.DataError(new DataPlace(path), $"{rows.Length} rows, expected {items}, each from 0 to {values - 1}; use another checkpoint");
    }
}
