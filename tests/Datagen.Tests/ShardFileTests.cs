using Parquet;

namespace GpuCtr.Datagen.Tests;

public sealed class ShardFileTests : OwnFolder
{
    [Theory]
    [InlineData(Codec.Zstd)]
    [InlineData(Codec.Snappy)]
    [InlineData(Codec.None)]
    public async Task Columns_read_back_are_those_that_were_drawn(Codec codec)
    {
        const int rows = ShardFile.RowsPerGroup + 1000;
        var stream = CounterStream.FromSeed(4);
        var table = new CriteoTable(stream.Child(0), 3, 5, 200);
        string path = Folder.File("shard.parquet");
        await ShardFile.WriteAsync(path, table, stream.Child(1), 0, rows, codec, new TruthTally(rows), CancellationToken.None);
        Assert.False(File.Exists(path + ".part"));

        var drawn = new CriteoRows(table.Fields, rows);
        drawn.Fill(stream.Child(1), 0, rows);
        await using var reader = await ParquetReader.CreateAsync(path);
        Assert.Equal(2, reader.RowGroupCount);
        Assert.Equal(["label", "I1", "I2", "I3", "C1", "C2", "C3", "C4", "C5"], reader.Schema.DataFields.Select(field => field.Name));
        Assert.Equal(["I2", "C4"], reader.Schema.DataFields.Where(field => field.IsNullable).Select(field => field.Name));

        int row = 0;
        for (int g = 0; g < 2; g++)
        {
            using var group = reader.OpenRowGroupReader(g);
            int count = (int)group.RowCount;
            var field = reader.Schema.DataFields.ToDictionary(column => column.Name);
            float?[] numbers = new float?[count];
            long[] ids = new long[count];
            int[] small = new int[count];
            string?[] tokens = new string?[count];
            await group.ReadAsync<float>(field["I2"], numbers.AsMemory());
            await group.ReadAsync<long>(field["C1"], ids.AsMemory());
            await group.ReadAsync<int>(field["C2"], small.AsMemory());
            await group.ReadAsync(field["C4"], tokens.AsMemory()!);
            for (int i = 0; i < count; i++, row++)
            {
                Assert.Equal(float.IsNaN(drawn.Values[1][row]) ? null : drawn.Values[1][row], numbers[i]);
                Assert.Equal(table.Fields.Categorical[0].Id(drawn.Ranks[0][row]), ids[i]);
                Assert.Equal(table.Fields.Categorical[1].Id(drawn.Ranks[1][row]), small[i]);
                int rank = drawn.Ranks[3][row];
                Assert.Equal(rank == 0 ? null : table.Fields.Categorical[3].Id(rank).ToString("x8"), tokens[i]);
            }
        }
        Assert.Equal(rows, row);
    }
}
