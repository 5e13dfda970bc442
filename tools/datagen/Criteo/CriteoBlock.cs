using Parquet;

namespace GpuCtr.Datagen;

/// <summary>Rows of the Criteo-like table with their labels: y ~ Bernoulli(p).</summary>
public sealed class CriteoBlock : IRowBlock
{
    private const ulong _labelStream = 2_000_000;

    private readonly CriteoTable _table;
    private readonly CriteoColumn[] _columns;
    private readonly CriteoRows _rows;
    private readonly int[] _labels;
    private readonly double[] _probabilities, _firstOrder, _part, _products;

    internal CriteoBlock(CriteoTable table, CriteoColumn[] columns, int capacity)
    {
        (_table, _columns) = (table, columns);
        _rows = new CriteoRows(table.Fields, capacity);
        _labels = new int[capacity];
        (_probabilities, _firstOrder) = (new double[capacity], new double[capacity]);
        (_part, _products) = (new double[capacity], new double[capacity]);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<int> Labels => _labels.AsSpan(0, _rows.Count);

    /// <inheritdoc/>
    public ReadOnlySpan<double> Probabilities => _probabilities.AsSpan(0, _rows.Count);

    /// <inheritdoc/>
    public ReadOnlySpan<double> Baseline => _firstOrder.AsSpan(0, _rows.Count);

    /// <inheritdoc/>
    public void Fill(CounterStream stream, long first, int count)
    {
        _rows.Fill(stream, first, count);
        _table.Truth.Evaluate(
            _rows, _probabilities.AsSpan(0, count), _firstOrder.AsSpan(0, count), _part.AsSpan(0, count), _products.AsSpan(0, count));
        var coins = stream.Child(_labelStream);
        for (int i = 0; i < count; i++)
            _labels[i] = coins.Uniform((ulong)(first + i)) < _probabilities[i] ? 1 : 0;
    }

    /// <inheritdoc/>
    public async Task WriteAsync(ParquetRowGroupWriter group, CancellationToken stop)
    {
        await group.WriteAsync<int>(CriteoTable.LabelField, _labels.AsMemory(0, _rows.Count), cancellationToken: stop);
        foreach (var column in _columns)
            await column.WriteAsync(group, _rows, stop);
    }
}
