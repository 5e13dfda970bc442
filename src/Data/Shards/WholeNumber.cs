using System.Globalization;

namespace GpuCtr.Data.Shards;

/// <summary>
/// What the 64 bits of an integer stand for: a signed number in a column of <see cref="ValueKind.Integer"/>, an unsigned one in one of
/// <see cref="ValueKind.Unsigned"/>. Whatever shows, parses, orders or converts integers does it here, so that one value is the same everywhere.
/// </summary>
internal static class WholeNumber
{
    /// <summary>Whether values of that kind are integers.</summary>
    public static bool Is(ValueKind kind) => kind is ValueKind.Integer or ValueKind.Unsigned;

    /// <summary>Whether the number is one of the other kind as well: both agree on 0 … 2⁶³ − 1.</summary>
    public static bool Fits(long bits, ValueKind from, ValueKind to) => from == to || bits >= 0;

    /// <summary>The nearest double.</summary>
    public static double Real(long bits, ValueKind kind) => kind == ValueKind.Unsigned ? unchecked((ulong)bits) : bits;

    /// <summary>Its decimal digits.</summary>
    public static string Text(long bits, ValueKind kind) => kind == ValueKind.Unsigned
        ? unchecked((ulong)bits).ToString(CultureInfo.InvariantCulture)
        : bits.ToString(CultureInfo.InvariantCulture);

    /// <summary>The order of two numbers.</summary>
    public static int Compare(long a, long b, ValueKind kind) => kind == ValueKind.Unsigned ? unchecked((ulong)a).CompareTo(unchecked((ulong)b)) : a.CompareTo(b);

    /// <summary>The bits of a number written in digits, with an empty fraction or an exponent as well (42.0, 4.2e1); null if it is none of that kind.</summary>
    public static long? Parse(ReadOnlySpan<char> text, ValueKind kind)
    {
        if (kind == ValueKind.Unsigned)
            return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong unsigned) ? unchecked((long)unsigned) : ParseReal(text, kind);
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long signed) ? signed : ParseReal(text, kind);
    }

    private static long? ParseReal(ReadOnlySpan<char> text, ValueKind kind)
    {
        // More digits than a decimal holds, or an exponent below 0, would be rounded.
        const int exactDigits = 28;
        if (text.Length > exactDigits || text.LastIndexOf('-') > 0 || !decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) || number != decimal.Truncate(number))
            return null;
        return kind == ValueKind.Unsigned
            ? number is >= 0 and <= ulong.MaxValue ? unchecked((long)(ulong)number) : null
            : number is >= long.MinValue and <= long.MaxValue ? (long)number : null;
    }
}
