using Parquet;

namespace GpuCtr.Datagen;

/// <summary>Rows of the Amazon-like table with their labels: y ~ Bernoulli(p).</summary>
public sealed class AmazonBlock : IRowBlock
{
    private const ulong _rowStream = 0, _labelStream = 1;

    private readonly AmazonTable _table;
    private readonly int[] _labels, _categoryIds;
    private readonly long[] _ids;
    private readonly double[] _probabilities, _baseline;
    private long[] _historyItems = [];
    private int[] _historyCategories = [];

    internal AmazonBlock(AmazonTable table, int capacity)
    {
        _table = table;
        Rows = new AmazonRows(table.Catalogue, table.Interest, capacity);
        (_labels, _categoryIds, _ids) = (new int[capacity], new int[capacity], new long[capacity]);
        (_probabilities, _baseline) = (new double[capacity], new double[capacity]);
    }

    /// <summary>The rows as drawn.</summary>
    public AmazonRows Rows { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<int> Labels => _labels.AsSpan(0, Rows.Count);

    /// <inheritdoc/>
    public ReadOnlySpan<double> Probabilities => _probabilities.AsSpan(0, Rows.Count);

    /// <inheritdoc/>
    public ReadOnlySpan<double> Baseline => _baseline.AsSpan(0, Rows.Count);

    /// <inheritdoc/>
    public void Fill(CounterStream stream, long first, int count)
    {
        Rows.Fill(stream.Child(_rowStream), first, count);
        var coins = stream.Child(_labelStream);
        for (int i = 0; i < count; i++)
        {
            _probabilities[i] = _table.Truth.Probability(Rows, i);
            _baseline[i] = _table.Truth.Probability(Rows, i, _table.Interest.Simpler(Rows, i));
            _labels[i] = coins.Uniform((ulong)(first + i)) < _probabilities[i] ? 1 : 0;
        }
    }

    /// <inheritdoc/>
    public async Task WriteAsync(ParquetRowGroupWriter group, CancellationToken stop)
    {
        var catalogue = _table.Catalogue;
        int rows = Rows.Count, positions = Rows.Offsets[rows];
        if (_historyItems.Length < positions)
            (_historyItems, _historyCategories) = (new long[positions], new int[positions]);
        for (int p = 0; p < positions; p++)
        {
            _historyItems[p] = catalogue.ItemId(Rows.HistoryItems[p]);
            _historyCategories[p] = catalogue.CategoryId(catalogue.CategoryOf(Rows.HistoryItems[p]));
        }

        await group.WriteAsync<int>(_table.LabelField, _labels.AsMemory(0, rows), cancellationToken: stop);
        for (int i = 0; i < rows; i++)
            _ids[i] = catalogue.UserId(Rows.Users[i]);
        await group.WriteAsync<long>(_table.UserField, _ids.AsMemory(0, rows), cancellationToken: stop);
        for (int i = 0; i < rows; i++)
        {
            _ids[i] = catalogue.ItemId(Rows.Items[i]);
            _categoryIds[i] = catalogue.CategoryId(catalogue.CategoryOf(Rows.Items[i]));
        }
        await group.WriteAsync<long>(_table.ItemField, _ids.AsMemory(0, rows), cancellationToken: stop);
        await group.WriteAsync<int>(_table.CategoryField, _categoryIds.AsMemory(0, rows), cancellationToken: stop);
        var offsets = Rows.Offsets.AsMemory(0, rows + 1);
        await _table.HistoryItems.WriteAsync(group, _historyItems.AsMemory(0, positions), offsets, stop);
        await _table.HistoryCategories.WriteAsync(group, _historyCategories.AsMemory(0, positions), offsets, stop);
    }
}
