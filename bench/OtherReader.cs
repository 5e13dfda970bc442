using GpuCtr.Data.Shards;
using ParquetSharp;

namespace GpuCtr.Bench;

/// <summary>Reads columns with Apache Arrow's C++ reader through ParquetSharp: the physical values and their levels, nothing else.</summary>
internal static class OtherReader
{
    /// <summary>Reads row groups in parallel; each thread opens the file itself.</summary>
    public static void ReadAll(ShardSet shards, string[] columns, int threads) =>
        System.Threading.Tasks.Parallel.ForEach(shards.RowGroups, new ParallelOptions { MaxDegreeOfParallelism = threads }, group =>
        {
            using ParquetFileReader file = new(shards.Shards[group.Shard].Path);
            SchemaDescriptor schema = file.FileMetaData.Schema;
            using RowGroupReader rows = file.RowGroup(group.Group);
            Visitor visitor = new(group.Rows);
            for (int c = 0; c < schema.NumColumns; c++)
            {
                if (!columns.Contains(schema.Column(c).Path.ToDotVector()[0]))
                    continue;
                using ColumnReader column = rows.Column(c);
                column.Apply(visitor);
            }
        });

    private sealed class Visitor(int rows) : IColumnReaderVisitor<long>
    {
        public long OnColumnReader<TValue>(ColumnReader<TValue> column) where TValue : unmanaged
        {
            TValue[] values = new TValue[rows];
            short[] definition = new short[rows], repetition = new short[rows];
            long all = 0;
            while (column.HasNext)
                all += column.ReadBatch(rows, definition, repetition, values, out _);
            return all;
        }
    }
}
