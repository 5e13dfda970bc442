namespace GpuCtr.Datagen;

/// <summary>
/// One interest that drifts from category to category, and moves with every click: s = s_T of the target's category,
/// s_t = (1 − g) s_{t−1} + g · affinity(history_t) [category of history_t is that of the target], s_0 = 0, g = ½.
/// </summary>
/// <remarks>
/// A user cycles through a few categories with some clicks in each, and the target is from one of the clicked ones, with
/// equal probability. The number of clicks in its category says little about their time, which decides the label. The simpler
/// rule is the same with the mean of s over all orders of the history, all that is left to a sum whose weights depend
/// on items alone.
/// </remarks>
public sealed class DriftingInterest(AmazonCatalogue catalogue) : IInterest
{
    private const double _gain = 0.5, _moveRate = 0.4;
    private const int _fewest = 3, _most = 6;

    /// <inheritdoc/>
    public Baseline Baseline { get; } = new("orderless_auc", "history without its order");

    /// <inheritdoc/>
    public string Words => "s(t) = (s(t-1) + affinity(hist_item) where hist_category = category) / 2, after the last click";

    /// <inheritdoc/>
    public int Draw(CounterStream draws, Span<int> history)
    {
        if (history.IsEmpty)
            return catalogue.DrawCategory(draws.Bits(5));
        Span<int> interests = stackalloc int[_fewest + (int)(draws.Bits(2) % (_most - _fewest + 1))];
        for (int k = 0; k < interests.Length; k++)
            interests[k] = catalogue.DrawCategory(draws.Bits(8 + (ulong)k));
        int moves = 0;
        ulong next = 8 + _most;
        for (int t = 0; t < history.Length; t++, next += 2)
        {
            if (t > 0 && draws.Uniform(next) < _moveRate)
                moves++;
            history[t] = catalogue.DrawItem(interests[moves % interests.Length], draws.Bits(next + 1));
        }
        return interests[(int)(draws.Bits(4) % (ulong)Math.Min(moves + 1, interests.Length))];
    }

    /// <inheritdoc/>
    public double Related(AmazonRows rows, int row)
    {
        int category = catalogue.CategoryOf(rows.Items[row]);
        double state = 0;
        foreach (int item in rows.History(row))
            state += _gain * ((catalogue.CategoryOf(item) == category ? catalogue.Affinity[item] : 0) - state);
        return state;
    }

    /// <inheritdoc/>
    public double Simpler(AmazonRows rows, int row)
    {
        int category = catalogue.CategoryOf(rows.Items[row]);
        double sum = 0, kept = 1;
        foreach (int item in rows.History(row))
        {
            sum += catalogue.CategoryOf(item) == category ? catalogue.Affinity[item] : 0;
            kept *= 1 - _gain;
        }
        // The weights of all places add up to 1 − (1 − g)^T.
        return rows.History(row).IsEmpty ? 0 : sum / rows.History(row).Length * (1 - kept);
    }
}
