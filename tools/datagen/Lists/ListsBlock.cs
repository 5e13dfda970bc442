using Parquet;

namespace GpuCtr.Datagen;

/// <summary>Rows of the table of lists: y ~ Bernoulli(p).</summary>
public sealed class ListsBlock : IRowBlock
{
    private readonly ListsTable _table;
    private readonly int[] _labels;
    private readonly long[] _requests, _categories;
    private readonly float[] _quality, _price;
    private readonly double[] _probabilities, _baseline;
    private int _count;

    internal ListsBlock(ListsTable table, int capacity)
    {
        _table = table;
        (_labels, _requests, _categories) = (new int[capacity], new long[capacity], new long[capacity]);
        (_quality, _price) = (new float[capacity], new float[capacity]);
        (_probabilities, _baseline) = (new double[capacity], new double[capacity]);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<int> Labels => _labels.AsSpan(0, _count);

    /// <inheritdoc/>
    public ReadOnlySpan<double> Probabilities => _probabilities.AsSpan(0, _count);

    /// <inheritdoc/>
    public ReadOnlySpan<double> Baseline => _baseline.AsSpan(0, _count);

    /// <summary>NDCG of the lists that begin in this block.</summary>
    public ListTally Lists { get; private set; }

    /// <inheritdoc/>
    public void Fill(CounterStream stream, long first, int count)
    {
        _count = count;
        Lists = default;
        ItemList list;
        for (long row = first; row < first + count; row = list.FirstRow + list.Labels.Length)
        {
            list = ItemList.Of(stream, row, _table.Shape.Categories);
            for (int i = 0; i < list.Labels.Length; i++)
            {
                if (list.FirstRow + i - first is >= 0 and var at && at < count)
                    Put(list, i, (int)at);
            }
            if (list.FirstRow >= first)
                Lists += ListTally.Of(list, ListsTable.Top);
        }
    }

    /// <inheritdoc/>
    public async Task WriteAsync(ParquetRowGroupWriter group, CancellationToken stop)
    {
        await group.WriteAsync<int>(_table.LabelField, _labels.AsMemory(0, _count), cancellationToken: stop);
        await group.WriteAsync<long>(_table.RequestField, _requests.AsMemory(0, _count), cancellationToken: stop);
        await group.WriteAsync<long>(_table.CategoryField, _categories.AsMemory(0, _count), cancellationToken: stop);
        await group.WriteAsync<float>(_table.QualityField, _quality.AsMemory(0, _count), cancellationToken: stop);
        await group.WriteAsync<float>(_table.PriceField, _price.AsMemory(0, _count), cancellationToken: stop);
    }

    private void Put(ItemList list, int i, int at)
    {
        (_labels[at], _requests[at], _categories[at]) = (list.Labels[i], list.Number, list.Categories[i]);
        (_quality[at], _price[at]) = (list.Quality[i], list.Price[i]);
        (_probabilities[at], _baseline[at]) = (list.Probabilities[i], list.Bargain[i]);
    }
}
