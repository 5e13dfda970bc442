using System.Globalization;

namespace GpuCtr.Data.Shards;

/// <summary>
/// The meaning of the 64 bits of an integer: a signed number in a column of <see cref="ValueKind.Integer"/>, an unsigned one in a column of
/// <see cref="ValueKind.Unsigned"/>. All code that prints, parses, orders or converts integers does it here, so that a value is the same everywhere.
/// </summary>
internal static class WholeNumber
{
    /// <summary>Whether values of that kind are integers.</summary>
    public static bool Is(ValueKind kind) => kind is ValueKind.Integer or ValueKind.Unsigned;

    /// <summary>Whether both kinds can represent the number: they agree on 0 … 2⁶³ − 1.</summary>
    public static bool Fits(long bits, ValueKind from, ValueKind to) => from == to || bits >= 0;

    /// <summary>The nearest double.</summary>
    public static double Real(long bits, ValueKind kind) => kind == ValueKind.Unsigned ? unchecked((ulong)bits) : bits;

    /// <summary>Its decimal digits.</summary>
    public static string Text(long bits, ValueKind kind) => kind == ValueKind.Unsigned
        ? unchecked((ulong)bits).ToString(CultureInfo.InvariantCulture)
        : bits.ToString(CultureInfo.InvariantCulture);

    /// <summary>Compares two numbers.</summary>
    public static int Compare(long a, long b, ValueKind kind) => kind == ValueKind.Unsigned ? unchecked((ulong)a).CompareTo(unchecked((ulong)b)) : a.CompareTo(b);

    /// <summary>Parses a number in digits, also with a zero fraction or an exponent (42.0, 4.2e1); null if it is not a number of that kind.</summary>
    public static long? Parse(ReadOnlySpan<char> text, ValueKind kind)
    {
        if (kind == ValueKind.Unsigned)
            return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong unsigned) ? unchecked((long)unsigned) : ParseReal(text, kind);
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long signed) ? signed : ParseReal(text, kind);
    }

    private static long? ParseReal(ReadOnlySpan<char> text, ValueKind kind)
    {
        // More digits than a decimal has, or an exponent below 0, would be rounded.
        const int exactDigits = 28;
        if (text.Length > exactDigits || text.LastIndexOf('-') > 0 || !decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) || number != decimal.Truncate(number))
            return null;
        return kind == ValueKind.Unsigned
            ? number is >= 0 and <= ulong.MaxValue ? unchecked((long)(ulong)number) : null
            : number is >= long.MinValue and <= long.MaxValue ? (long)number : null;
    }
}
