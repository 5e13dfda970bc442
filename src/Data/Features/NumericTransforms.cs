using System.Globalization;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>Transforms of a number before or instead of standardization: logarithm, Criteo's buckets, quantile buckets.</summary>
internal static class NumericTransforms
{
    /// <summary>The value to standardize: the number, or its logarithm.</summary>
    public static double BeforeScaling(double x, NumericTransform transform) => transform == NumericTransform.Log ? SignedLog(x) : x;

    /// <summary>sign(x) · log(1 + |x|).</summary>
    public static double SignedLog(double x) => Math.CopySign(Math.Log(1 + Math.Abs(x)), x);

    /// <summary>The inverse of <see cref="SignedLog"/>.</summary>
    public static double SignedExp(double y) => Math.CopySign(Math.Exp(Math.Abs(y)) - 1, y);

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

    /// <summary>Whether a number can be read: it is finite, and within the range of a float for standardize and none.</summary>
    public static bool CanRead(double x, NumericTransform transform) =>
        Math.Abs(x) <= (transform is NumericTransform.Standardize or NumericTransform.None ? float.MaxValue : double.MaxValue);

    /// <summary>A number as text, with the digits of a float if the file stores a float.</summary>
    public static string Text(double x) => (float)x == x ? ((float)x).ToString(CultureInfo.InvariantCulture) : x.ToString(CultureInfo.InvariantCulture);

    /// <summary>The error message for a number that cannot be read.</summary>
    private static string Unreadable(string column, double x) => double.IsFinite(x)
        ? $"{Text(x)} is beyond ±{Text(float.MaxValue)}, the largest number that a model reads; store a missing value as null, train with --numeric-transform {ColumnNames.InShell(column)}=log"
        : $"{Text(x)} is not a finite number; store a missing value as null";

    /// <summary>Says which value cannot be read.</summary>
    public static GpuCtrException Bad(Shard shard, RowGroupRef group, string column, int row, double x) => GpuCtrException.DataError(
        shard.Place(group, row, column), $"{Unreadable(column, x)}, or allow some such rows with --bad-rows");
}
