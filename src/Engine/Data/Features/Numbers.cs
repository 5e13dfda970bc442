namespace GpuCtr.Engine.Data;

/// <summary>From the value of a number column to what a model reads: a transformed number, or the key of a bucket.</summary>
internal static class Numbers
{
    // Beyond it not every integer is a double.
    private const double LargestExactInteger = 1L << 53;

    /// <summary>Value i of an integer, real or time column; a time in seconds since 1970.</summary>
    public static double At(ColumnBuffer column, int i) => column.Kind switch
    {
        ValueKind.Integer => column.Integers[i],
        ValueKind.Time => Times.Seconds(column.Integers[i]),
        _ => column.Reals[i],
    };

    /// <summary>sign(x) · log(1 + |x|).</summary>
    public static double Log(double x) => Math.CopySign(Math.Log(1 + Math.Abs(x)), x);

    /// <summary>The inverse of <see cref="Log"/>.</summary>
    public static double Exp(double y) => Math.CopySign(Math.Exp(Math.Abs(y)) - 1, y);

    /// <summary>Criteo's bucket.</summary>
    public static long CriteoBucket(double x)
    {
        double y = x > 2 ? Math.Log(x) : 0;
        return x > 2 ? (long)Math.Floor(y * y) : (long)Math.Clamp(Math.Floor(x), long.MinValue, 2);
    }

    /// <summary>Index of the part that x falls into: the number of boundaries at or below it.</summary>
    public static long QuantileBucket(double x, double[] boundaries)
    {
        int at = Array.BinarySearch(boundaries, x);
        return at >= 0 ? at + 1 : ~at;
    }

    /// <summary>A real value used as an id: itself if it is an integer (as pandas stores ids with nulls), else its bits.</summary>
    public static long IdOf(double x) =>
        Math.Abs(x) <= LargestExactInteger && Math.Floor(x) == x ? (long)x : BitConverter.DoubleToInt64Bits(x);

    /// <summary>Says which value is not finite.</summary>
    public static Failure NotFinite(Shard shard, RowGroupRef group, string column, int row, double value) => Failure.BadData(
        $"{shard.Path}: row group {group.Group}, row {group.FirstRow + row}, column '{column}': {value} is not a finite number; store a missing value as null, or allow some such rows with --bad-rows");
}
