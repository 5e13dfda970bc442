using System.Globalization;
using System.Text.Json;
using GpuCtr.Data.Shards;

namespace GpuCtr.Training.Scoring;

/// <summary>Integers of 64 bits as programs write them, signed or, beyond the largest long, unsigned.</summary>
/// <param name="Bits">The integer.</param>
/// <param name="Kind">Integer or Unsigned.</param>
internal readonly record struct WrittenInteger(long Bits, ValueKind Kind)
{
    // Of the least and the largest.
    private const int MostDigits = 20;

    /// <summary>Of a text that is exactly what an integer is written as: "42", but neither "042", "+42", " 42" nor "42.0"; null for any other. proto3 writes 64-bit integers in JSON like this.</summary>
    public static WrittenInteger? Of(ReadOnlySpan<char> text)
    {
        Span<char> written = stackalloc char[MostDigits];
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long signed))
            return signed.TryFormat(written, out int length, default, CultureInfo.InvariantCulture) && text.SequenceEqual(written[..length]) ? new(signed, ValueKind.Integer) : null;
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong unsigned) && text[0] != '0' ? new(unchecked((long)unsigned), ValueKind.Unsigned) : null;
    }

    /// <summary>Of a number in JSON that is an integer, however it is written: 42, 42.0, 4.2e1; null for any other.</summary>
    public static WrittenInteger? Of(JsonElement number) => number.TryGetInt64(out long signed) ? new(signed, ValueKind.Integer) : OfDigits(number.GetRawText());

    private static WrittenInteger? OfDigits(string text) => WholeNumber.Parse(text, ValueKind.Integer) is { } signed ? new(signed, ValueKind.Integer)
        : WholeNumber.Parse(text, ValueKind.Unsigned) is { } unsigned ? new(unsigned, ValueKind.Unsigned) : null;

    /// <summary>Of a decimal that is one; null for any other.</summary>
    public static WrittenInteger? Of(decimal number) => decimal.Truncate(number) != number || number is < long.MinValue or > ulong.MaxValue ? null
        : number <= long.MaxValue ? new((long)number, ValueKind.Integer) : new(unchecked((long)(ulong)number), ValueKind.Unsigned);
}
