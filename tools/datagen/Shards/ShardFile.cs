using Parquet;

namespace GpuCtr.Datagen;

/// <summary>Writes one shard, row group by row group, in memory that does not grow with its size.</summary>
public static class ShardFile
{
    /// <summary>Rows of a group; the last group of a file has the remaining rows.</summary>
    public const int RowsPerGroup = 65_536;

    /// <summary>Writes rows <paramref name="first"/> … first + count − 1 of a stream and adds them to <paramref name="tally"/>.</summary>
    /// <remarks>The file has its name only when it is complete: until then it is called <c>*.part</c>, which no glob of shards matches.</remarks>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static async Task WriteAsync(
        string path, ISyntheticTable table, CounterStream stream, long first, long count, Codec codec, TruthTally tally, CancellationToken stop)
    {
        string part = path + ".part";
        try
        {
            await WriteRowsAsync(part, table, stream, first, count, codec, tally, stop);
            File.Move(part, path, overwrite: true);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    private static async Task WriteRowsAsync(
        string path, ISyntheticTable table, CounterStream stream, long first, long count, Codec codec, TruthTally tally, CancellationToken stop)
    {
        var block = table.NewBlock((int)Math.Min(count, RowsPerGroup));
        await using var file = File.Create(path);
        await using var writer = await ParquetWriter.CreateAsync(table.Schema, file, codec.Options(table.Schema), cancellationToken: stop);
        for (long row = first; row < first + count; row += RowsPerGroup)
        {
            stop.ThrowIfCancellationRequested();
            block.Fill(stream, row, (int)Math.Min(RowsPerGroup, first + count - row));
            tally.Add(row, block);
            using var group = writer.CreateRowGroup();
            await block.WriteAsync(group, stop);
        }
    }
}
