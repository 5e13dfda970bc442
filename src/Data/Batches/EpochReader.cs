using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Models.Features;

namespace GpuCtr.Data.Batches;

/// <summary>The order of the rows of an epoch.</summary>
/// <param name="Shuffled">False: the order of the files.</param>
/// <param name="Seed">Seed of the run.</param>
/// <param name="Epoch">Number of the epoch.</param>
public sealed record EpochOrder(bool Shuffled, ulong Seed, int Epoch)
{
    /// <summary>The order of the files, for evaluation.</summary>
    public static readonly EpochOrder Natural = new(false, 0, 0);

    /// <summary>The shuffle of one epoch.</summary>
    public static EpochOrder Shuffle(ulong seed, int epoch) => new(true, seed, epoch);
}

/// <summary>
/// One pass over the rows of a part. Blocks come in an order drawn from (seed, epoch); the blocks of a window
/// are shuffled row by row together, or list by list. The order depends neither on threads nor on the batch size.
/// </summary>
public sealed class EpochReader : IDisposable
{
    private readonly Dataset data;
    private readonly RowPart part;
    private readonly EpochOrder order;
    private readonly int[] blockOrder;
    private readonly int[] windowStarts;
    private readonly CancellationTokenSource stop = new();
    private readonly BatchBuilder builder;
    private Task<ShuffleWindow>? coming;
    private ShuffleWindow? window;
    private int at;
    private int nextWindow;

    internal EpochReader(Dataset data, RowPart part, EpochOrder order)
    {
        (this.data, this.part, this.order) = (data, part, order);
        // Weights are scaled to a mean of 1, so that the learning rate keeps its meaning; metrics use the unscaled weights.
        builder = new BatchBuilder(data.Encoder.Spec, part, order.Shuffled ? (float)(1 / data.Encoder.MeanWeight) : 1);
        blockOrder = [.. Enumerable.Range(0, data.Blocks.Count)];
        if (order.Shuffled)
            Random(-1).Shuffle(blockOrder);
        windowStarts = WindowStarts();
    }

    /// <summary>The order of the rows.</summary>
    public EpochOrder Order => order;

    /// <summary>Rows handed out or skipped so far, to resume from.</summary>
    public long RowsRead { get; private set; }

    /// <summary>The current activity, for the report of a stall.</summary>
    public string Stage { get; private set; } = "starting";

    /// <summary>Row groups decoded so far by the dataset; increases while a window is being loaded.</summary>
    internal long BlocksLoaded => data.BlocksLoaded;

    private int Windows => windowStarts.Length - 1;

    /// <summary>Fills a batch with the next rows, or with as many of the next lists as fit; false when none are left.</summary>
    /// <exception cref="GpuCtrException">Data or InputOutput, from reading the shards. Usage: a list is longer than a batch.</exception>
    public bool Next(Batch batch)
    {
        builder.Start(batch);
        while (batch.Rows < batch.Capacity && Advance())
        {
            int count = window!.Whole(at, batch.Capacity - batch.Rows);
            if (count == 0)
                break;
            builder.Append(batch, window, at, count);
            at += count;
            RowsRead += count;
        }

        if (batch.Rows == 0 && window is not null)
            throw GpuCtrException.UsageError($"a list has more rows than a batch, {batch.Capacity}; take a larger --batch-size");
        return batch.Rows > 0;
    }

    /// <summary>Skips rows, to resume in the middle of an epoch.</summary>
    public void Skip(long rows)
    {
        while (rows > 0 && Advance())
        {
            int count = (int)Math.Min(rows, window!.Order.Length - at);
            at += count;
            rows -= count;
            RowsRead += count;
        }
    }

    /// <summary>Places of the next rows in the shards; these rows count as read.</summary>
    internal IEnumerable<(RowGroupRef Group, int Row)> Locate(long rows)
    {
        int block = 0;
        for (; rows > 0 && Advance(); rows--)
        {
            int row = window!.Order[at++];
            RowsRead++;
            yield return (window.BlockOf(row, ref block).Source, row - window.Starts[block]);
        }
    }

    /// <summary>Ends reading from another thread; a waiting <see cref="Next"/> throws <see cref="OperationCanceledException"/>.</summary>
    public void Cancel() => stop.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        stop.Cancel();
        try
        {
            coming?.Wait(TimeSpan.FromSeconds(2));
        }
        catch (AggregateException)
        {
            // The window is no longer needed, so its failure is ignored.
        }
    }

    private bool Advance()
    {
        while (window is null || at >= window.Order.Length)
        {
            if (window is not null)
                data.Recycle(window.Blocks);
            window = null;
            if (nextWindow >= Windows)
                return false;
            stop.Token.ThrowIfCancellationRequested();
            Stage = $"decoding window {nextWindow + 1} of {Windows}";
            window = coming is null ? Load(nextWindow) : coming.WaitAsync(stop.Token).GetAwaiter().GetResult();
            coming = null;
            at = 0;
            nextWindow++;
            if (nextWindow < Windows)
            {
                int following = nextWindow;
                coming = Task.Factory.StartNew(() => Load(following), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }

            Stage = "gathering rows";
        }

        return true;
    }

    private ShuffleWindow Load(int index)
    {
        int[] blocks = blockOrder[windowStarts[index]..windowStarts[index + 1]];
        ShuffleWindow loaded = data.LoadWindow(blocks, part, stop.Token);
        return order.Shuffled ? loaded.Shuffled(Random(index)) : loaded;
    }

    /// <summary>The first windows of a streamed epoch are small, so that the first batch is available soon.</summary>
    private int[] WindowStarts()
    {
        List<int> starts = [0];
        for (int size = data.InMemory ? data.WindowBlocks : Math.Max(1, data.WindowBlocks / 8); starts[^1] < blockOrder.Length; size = Math.Min(2 * size, data.WindowBlocks))
            starts.Add(Math.Min(starts[^1] + size, blockOrder.Length));
        return [.. starts];
    }

    private RandomBits Random(int stream) =>
        new(RandomBits.Mix(order.Seed) ^ RandomBits.Mix(RandomBits.Mix((ulong)order.Epoch + 0x5EED) + (ulong)(stream + 2)));
}
