namespace GpuCtr.Datagen;

/// <summary>Several interests side by side, of which only the target's matters: s = Σ affinity(history_t) over the t whose category is that of the target.</summary>
/// <remarks>
/// A history draws some interests (categories, weighted) and then each of its items from one of them, so related and
/// unrelated items are adjacent. Half of the targets come from an interest of the history, the others from
/// anywhere: relevance depends on the target, never on the history alone.
/// The size of the related part counts, not its share: a mean over the whole history blurs many interests in few
/// dimensions and divides by a length that has nothing to do with it.
/// </remarks>
public sealed class MixedInterests(AmazonCatalogue catalogue, CounterStream stream) : IInterest
{
    private const double _relatedRate = 0.5;
    private const int _fewest = 4, _most = 12;

    private readonly PoolingProxy _proxy = new(catalogue, stream);

    /// <inheritdoc/>
    public Baseline Baseline { get; } = new("mean_pooling_proxy_auc", "history averaged over random 16-dimensional codes");

    /// <inheritdoc/>
    public string Words => "s = sum of affinity(hist_item) where hist_category = category";

    /// <inheritdoc/>
    public int Draw(CounterStream draws, Span<int> history)
    {
        Span<int> interests = stackalloc int[_fewest + (int)(draws.Bits(2) % (_most - _fewest + 1))];
        for (int k = 0; k < interests.Length; k++)
            interests[k] = catalogue.DrawCategory(draws.Bits(8 + (ulong)k));
        ulong next = 8 + _most;
        for (int t = 0; t < history.Length; t++, next += 2)
        {
            // The smaller of two draws: the first interests are the strong ones.
            ulong bits = draws.Bits(next);
            int interest = Math.Min((int)((uint)bits % (uint)interests.Length), (int)((uint)(bits >> 32) % (uint)interests.Length));
            history[t] = catalogue.DrawItem(interests[interest], draws.Bits(next + 1));
        }
        return history.Length > 0 && draws.Uniform(3) < _relatedRate
            ? catalogue.CategoryOf(history[(int)(draws.Bits(4) % (ulong)history.Length)])
            : catalogue.DrawCategory(draws.Bits(5));
    }

    /// <inheritdoc/>
    public double Related(AmazonRows rows, int row)
    {
        int category = catalogue.CategoryOf(rows.Items[row]);
        double sum = 0;
        foreach (int item in rows.History(row))
        {
            if (catalogue.CategoryOf(item) == category)
                sum += catalogue.Affinity[item];
        }
        return sum;
    }

    /// <inheritdoc/>
    public double Simpler(AmazonRows rows, int row) => _proxy.Related(rows, row);
}
