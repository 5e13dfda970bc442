using GpuCtr.Data.Shards;
using Parquet;
using Parquet.Schema;

namespace GpuCtr.Data.Rows;

/// <summary>Writes rows as Parquet, a row group at a time. Equal rows are equal bytes.</summary>
/// <param name="path">Their address, for messages.</param>
/// <param name="columns">Empty columns.</param>
internal sealed class RowFile<T>(string path, Func<RowColumn<T>[]> columns)
{
    // A row group is held in memory while it is written and read. What it takes follows from the rows alone, so that --memory does not change the file.
    private const int MostRows = 1 << 16;
    private const long MostBytes = 32L << 20;

    private readonly RowColumn<T>[] columns = columns();
    private long rows, bytes;
    private int waiting;

    /// <summary>Writes all rows.</summary>
    /// <exception cref="GpuCtrException">InputOutput: the rows end with an exception, no space. Data: a row or a property that cannot be read.</exception>
    public async Task WriteAsync(IAsyncEnumerable<T> sequence, Stream target, CancellationToken stop)
    {
        ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(columns.Select(c => c.Field)), target, new ParquetOptions { CompressionMethod = CompressionMethod.Snappy }, cancellationToken: stop).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            IAsyncEnumerator<T> each = sequence.GetAsyncEnumerator(stop);
            await using (each.ConfigureAwait(false))
            {
                while (await NextAsync(each, stop).ConfigureAwait(false))
                {
                    Add(each.Current);
                    if (waiting == MostRows || bytes >= MostBytes)
                        await FlushAsync(writer, stop).ConfigureAwait(false);
                }
            }

            if (waiting > 0 || rows == 0)
                await FlushAsync(writer, stop).ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> NextAsync(IAsyncEnumerator<T> each, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        try
        {
            return await each.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not GpuCtrException && !(e is OperationCanceledException && stop.IsCancellationRequested))
        {
            throw GpuCtrException.IoError(new DataPlace(path, Row: rows), $"the rows end with an exception ({e.GetType().Name}: {ShardReader.Reason(e)})", e);
        }
    }

    private void Add(T row)
    {
        if (row is null)
            throw GpuCtrException.DataError(new DataPlace(path, Row: rows), "the row is null; leave it out");
        foreach (RowColumn<T> column in columns)
        {
            try
            {
                bytes += column.Add(row);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                throw GpuCtrException.DataError(new DataPlace(path, Row: rows, Column: column.Field.Name), $"its value cannot be read ({e.GetType().Name}: {ShardReader.Reason(e)})", e);
            }
        }

        (rows, waiting) = (rows + 1, waiting + 1);
    }

    private async Task FlushAsync(ParquetWriter writer, CancellationToken stop)
    {
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        foreach (RowColumn<T> column in columns)
            await column.WriteAsync(group, stop).ConfigureAwait(false);
        group.CompleteValidate();
        (waiting, bytes) = (0, 0);
    }
}
