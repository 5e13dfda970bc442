using System.Globalization;
using System.Text.Json;

namespace GpuCtr.Data.Shards;

/// <summary>
/// The meaning of the 64 bits of an integer: a signed number in a column of <see cref="ValueKind.Integer"/>, an unsigned one in a column of
/// <see cref="ValueKind.Unsigned"/>. All code that prints, parses, orders or converts integers does it here, so that a value is the same everywhere.
/// </summary>
/// <param name="Bits">The integer; bits of an unsigned one.</param>
/// <param name="Kind">Integer or Unsigned.</param>
internal readonly record struct WholeNumber(long Bits, ValueKind Kind)
{
    /// <summary>From 2⁵³ on a double may stand for several integers.</summary>
    public const double AmbiguousInteger = 1L << 53;

    // Digits of the smallest long with its sign, and of the largest ulong.
    private const int MostDigits = 20;

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

    /// <summary>The bits of a double that is whole and small enough to identify its integer; 0 and false for any other.</summary>
    public static bool TryOf(double x, ValueKind kind, out long bits)
    {
        bool whole = Math.Abs(x) < AmbiguousInteger && Math.Floor(x) == x && (x >= 0 || kind == ValueKind.Integer);
        bits = whole ? (long)x : 0;
        return whole;
    }

    /// <summary>Parses a number in digits, also with a zero fraction or an exponent (42.0, 4.2e1); null if it is not a number of that kind.</summary>
    public static long? Parse(ReadOnlySpan<char> text, ValueKind kind)
    {
        if (kind == ValueKind.Unsigned)
            return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong unsigned) ? unchecked((long)unsigned) : ParseReal(text, kind);
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long signed) ? signed : ParseReal(text, kind);
    }

    /// <summary>A number of either kind, written as <see cref="Parse(ReadOnlySpan{char}, ValueKind)"/> reads it; null for any other.</summary>
    public static WholeNumber? Parse(ReadOnlySpan<char> text) => Parse(text, ValueKind.Integer) is { } signed ? new(signed, ValueKind.Integer)
        : Parse(text, ValueKind.Unsigned) is { } unsigned ? new(unsigned, ValueKind.Unsigned) : null;

    /// <summary>A JSON number that is an integer in any spelling: 42, 42.0, 4.2e1; null for any other.</summary>
    public static WholeNumber? Of(JsonElement number) => number.TryGetInt64(out long signed) ? new(signed, ValueKind.Integer) : Parse(number.GetRawText());

    /// <summary>A decimal that is an integer; null for any other.</summary>
    public static WholeNumber? Of(decimal number) => decimal.Truncate(number) != number || number is < long.MinValue or > ulong.MaxValue ? null
        : number <= long.MaxValue ? new((long)number, ValueKind.Integer) : new(unchecked((long)(ulong)number), ValueKind.Unsigned);

    /// <summary>An integer in canonical text: "42", but not "042", "+42", " 42" or "42.0"; null for any other. proto3 writes 64-bit integers in JSON like this.</summary>
    public static WholeNumber? OfCanonical(ReadOnlySpan<char> text)
    {
        Span<char> written = stackalloc char[MostDigits];
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long signed))
            return signed.TryFormat(written, out int length, default, CultureInfo.InvariantCulture) && text.SequenceEqual(written[..length]) ? new(signed, ValueKind.Integer) : null;
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong unsigned) && text[0] != '0' ? new(unchecked((long)unsigned), ValueKind.Unsigned) : null;
    }

    private static long? ParseReal(ReadOnlySpan<char> text, ValueKind kind)
    {
        // More digits than a decimal has, or an exponent below 0, would be rounded.
        const int exactDigits = 28;
        if (text.Length > exactDigits || text.LastIndexOf('-') > 0 || !decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) || number != decimal.Truncate(number))
            return null;
        return Of(number) is { } whole && Fits(whole.Bits, whole.Kind, kind) ? whole.Bits : null;
    }
}
