namespace GpuCtr.Datagen;

/// <summary>Sums of NDCG over lists with a click, in units of 2⁻⁴⁰: independent of the order in which lists are added.</summary>
/// <param name="Count">Lists with a click.</param>
/// <param name="Best">Of the order of the true probabilities.</param>
/// <param name="Baseline">Of items judged by themselves.</param>
/// <param name="Shown">Of the order shown.</param>
public readonly record struct ListTally(long Count, long Best, long Baseline, long Shown)
{
    private const double _unit = 1L << 40;

    /// <summary>Mean NDCG of the order of the true probabilities, which no model can be expected to exceed.</summary>
    public double BestNdcg => Best / _unit / Count;

    /// <summary>Mean NDCG of items scored one by one.</summary>
    public double BaselineNdcg => Baseline / _unit / Count;

    /// <summary>Mean NDCG of the order shown.</summary>
    public double ShownNdcg => Shown / _unit / Count;

    /// <summary>The tally of one list.</summary>
    public static ListTally Of(ItemList list, int k) => list.Ndcg(list.Probabilities, k) is { } best
        ? new(1, Units(best), Units(list.Ndcg(list.Bargain, k)!.Value), Units(list.Ndcg(new double[list.Labels.Length], k)!.Value))
        : default;

    /// <summary>Both together.</summary>
    public static ListTally operator +(ListTally a, ListTally b) => new(a.Count + b.Count, a.Best + b.Best, a.Baseline + b.Baseline, a.Shown + b.Shown);

    private static long Units(double ndcg) => (long)Math.Round(ndcg * _unit);
}
