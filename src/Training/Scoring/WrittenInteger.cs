using System.Globalization;
using System.Text.Json;
using GpuCtr.Data.Shards;

namespace GpuCtr.Training.Scoring;

/// <summary>64-bit integers in their usual spelling: signed, or unsigned beyond the largest long.</summary>
/// <param name="Bits">The integer.</param>
/// <param name="Kind">Integer or Unsigned.</param>
internal readonly record struct WrittenInteger(long Bits, ValueKind Kind)
{
    // Digits of the smallest long with its sign, and of the largest ulong.
    private const int MostDigits = 20;

    /// <summary>Parses the canonical spelling of an integer: "42", but not "042", "+42", " 42" or "42.0"; null for any other text. proto3 writes 64-bit integers in JSON like this.</summary>
    public static WrittenInteger? Of(ReadOnlySpan<char> text)
    {
        Span<char> written = stackalloc char[MostDigits];
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long signed))
            return signed.TryFormat(written, out int length, default, CultureInfo.InvariantCulture) && text.SequenceEqual(written[..length]) ? new(signed, ValueKind.Integer) : null;
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong unsigned) && text[0] != '0' ? new(unchecked((long)unsigned), ValueKind.Unsigned) : null;
    }

    /// <summary>Parses a JSON number that is an integer in any spelling: 42, 42.0, 4.2e1; null for any other number.</summary>
    public static WrittenInteger? Of(JsonElement number) => number.TryGetInt64(out long signed) ? new(signed, ValueKind.Integer) : OfDigits(number.GetRawText());

    private static WrittenInteger? OfDigits(string text) => WholeNumber.Parse(text, ValueKind.Integer) is { } signed ? new(signed, ValueKind.Integer)
        : WholeNumber.Parse(text, ValueKind.Unsigned) is { } unsigned ? new(unsigned, ValueKind.Unsigned) : null;

    /// <summary>The integer value of a decimal; null if it is not whole or too large.</summary>
    public static WrittenInteger? Of(decimal number) => decimal.Truncate(number) != number || number is < long.MinValue or > ulong.MaxValue ? null
        : number <= long.MaxValue ? new((long)number, ValueKind.Integer) : new(unchecked((long)(ulong)number), ValueKind.Unsigned);
}
