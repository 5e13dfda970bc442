using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>How the value of a column becomes the key of its vocabulary.</summary>
internal enum KeyRule
{
    /// <summary>The integer or string itself.</summary>
    Value,

    /// <summary>A real number used as an id.</summary>
    RealId,

    /// <summary>Criteo's bucket of a number.</summary>
    Criteo,

    /// <summary>The quantile bucket of a number.</summary>
    Quantile,

    /// <summary>The hour of a time.</summary>
    Hour,

    /// <summary>The day of the week of a time.</summary>
    Weekday,
}

/// <summary>Vocabulary keys of number and time columns: the integer that is looked up.</summary>
internal static class KeyEncoder
{
    /// <summary>The key of value i; false if it is NaN or infinite, which counts as null in an id and as bad in a bucket.</summary>
    public static bool TryEncode(ColumnBuffer column, int i, KeyRule rule, double[] boundaries, out long key)
    {
        key = 0;
        if (rule == KeyRule.Value)
        {
            key = column.Integers[i];
            return true;
        }

        if (rule is KeyRule.Hour or KeyRule.Weekday)
        {
            key = rule == KeyRule.Hour ? TimeFields.Hour(column.Integers[i], column.Unit) : TimeFields.Weekday(column.Integers[i], column.Unit);
            return true;
        }

        return TryEncode(column.NumberAt(i), rule, boundaries, out key);
    }

    /// <summary>The key of a number.</summary>
    public static bool TryEncode(double x, KeyRule rule, double[] boundaries, out long key)
    {
        key = 0;
        if (!double.IsFinite(x))
            return false;
        key = rule switch
        {
            KeyRule.RealId => WholeNumber.TryOf(x, ValueKind.Integer, out long id) ? id : BitConverter.DoubleToInt64Bits(x),
            KeyRule.Criteo => NumericTransforms.CriteoBucket(x),
            _ => NumericTransforms.QuantileBucket(x, boundaries),
        };
        return true;
    }
}
