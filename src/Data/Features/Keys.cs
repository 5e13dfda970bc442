using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>Vocabulary keys of number and time columns.</summary>
internal static class Keys
{
    /// <summary>The key of value i; false if it is NaN or infinite, which counts as null in an id and as bad in a bucket.</summary>
    public static bool TryOf(ColumnBuffer column, int i, KeyRule rule, double[] boundaries, out long key)
    {
        key = 0;
        if (rule == KeyRule.Value)
        {
            key = column.Integers[i];
            return true;
        }

        if (rule is KeyRule.Hour or KeyRule.Weekday)
        {
            key = rule == KeyRule.Hour ? Times.Hour(column.Integers[i], column.Unit) : Times.Weekday(column.Integers[i], column.Unit);
            return true;
        }

        return TryOf(Numbers.At(column, i), rule, boundaries, out key);
    }

    /// <summary>The key of a number.</summary>
    public static bool TryOf(double x, KeyRule rule, double[] boundaries, out long key)
    {
        key = 0;
        if (!double.IsFinite(x))
            return false;
        key = rule switch
        {
            KeyRule.RealId => Numbers.IdOf(x),
            KeyRule.Criteo => Numbers.CriteoBucket(x),
            _ => Numbers.QuantileBucket(x, boundaries),
        };
        return true;
    }
}
