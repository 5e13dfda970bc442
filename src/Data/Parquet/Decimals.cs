using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace GpuCtr.Data.Parquet;

/// <summary>Decimals as Parquet stores them: an unscaled integer (big-endian in byte arrays) and a number of decimal places.</summary>
internal static class Decimals
{
    // More digits than any type has, and few enough to be printed cheaply.
    private const int MostBytes = 416;
    private const long LargestExactInteger = 1L << 53;

    private static readonly double[] exactPowers = [.. Enumerable.Range(0, 23).Select(i => double.Parse($"1E{i}", CultureInfo.InvariantCulture))];

    /// <summary>A decimal without decimal places that is declared to fit into 64 bits.</summary>
    /// <exception cref="InvalidDataException">It does not.</exception>
    public static long Whole(ReadOnlySpan<byte> bytes) => Trimmed(bytes) is { Length: <= sizeof(long) } few
        ? Short(few)
        : throw new InvalidDataException($"the decimal {Text(bytes)} does not fit into 64 bits, although its declared precision does");

    /// <summary>A decimal without decimal places, as text.</summary>
    /// <exception cref="InvalidDataException">It has no bytes, or too many.</exception>
    public static string Text(ReadOnlySpan<byte> bytes) => Trimmed(bytes) is { Length: <= sizeof(long) } few
        ? Short(few).ToString(CultureInfo.InvariantCulture)
        : Long(bytes).ToString(CultureInfo.InvariantCulture);

    /// <summary>The double that is nearest to a decimal.</summary>
    public static double Real(long digits, int places) => Math.Abs((double)digits) <= LargestExactInteger && (uint)places < (uint)exactPowers.Length
        ? digits / exactPowers[places] // both are exact, so there is one rounding
        : Nearest(digits, places);

    /// <summary>The double that is nearest to a decimal.</summary>
    /// <exception cref="InvalidDataException">It has no bytes, or too many.</exception>
    public static double Real(ReadOnlySpan<byte> bytes, int places) => Trimmed(bytes) is { Length: <= sizeof(long) } few ? Real(Short(few), places) : Nearest(Long(bytes), places);

    private static double Nearest(BigInteger digits, int places) => double.Parse($"{digits}E{-(long)places}", NumberStyles.Float, CultureInfo.InvariantCulture);

    private static BigInteger Long(ReadOnlySpan<byte> bytes) => new(Trimmed(bytes), isUnsigned: false, isBigEndian: true);

    private static long Short(ReadOnlySpan<byte> bytes)
    {
        Span<byte> whole = stackalloc byte[sizeof(long)];
        whole.Fill((sbyte)bytes[0] < 0 ? byte.MaxValue : (byte)0);
        bytes.CopyTo(whole[^bytes.Length..]);
        return BinaryPrimitives.ReadInt64BigEndian(whole);
    }

    /// <summary>Strips leading bytes that only repeat the sign.</summary>
    private static ReadOnlySpan<byte> Trimmed(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 1 && (sbyte)bytes[0] == (sbyte)bytes[1] >> 7)
            bytes = bytes[1..];
        return bytes.Length is > 0 and <= MostBytes ? bytes : throw new InvalidDataException($"a decimal of {bytes.Length} bytes");
    }
}
