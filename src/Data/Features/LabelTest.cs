using System.Globalization;

namespace GpuCtr.Data.Features;

/// <summary>A condition on the value of a label column: a word, a number, or a comparison such as <c>&gt;=4</c>.</summary>
/// <param name="Sign">One of &lt;, &lt;=, &gt;, &gt;=, =.</param>
/// <param name="Word">What stands behind it.</param>
internal readonly record struct LabelTest(string Sign, string Word)
{
    // Longer signs first, because < is a prefix of <=.
    private static readonly string[] signs = ["<=", ">=", "<", ">", "="];

    /// <summary>Reads "yes", "-1", "=1", ">=4". Without a sign it is equality.</summary>
    public static LabelTest Of(string text)
    {
        string sign = signs.FirstOrDefault(s => text.StartsWith(s, StringComparison.Ordinal)) ?? "";
        return new(sign.Length == 0 ? "=" : sign, text[sign.Length..].Trim());
    }

    /// <summary>Whether it is a comparison other than "equal to".</summary>
    public bool Compares => Sign != "=";

    /// <summary>The number after the sign; null for a word. The words true and false are 1 and 0, as in boolean columns.</summary>
    public double? Number => double.TryParse(Word, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number
        : Word.Equals("true", StringComparison.OrdinalIgnoreCase) ? 1 : Word.Equals("false", StringComparison.OrdinalIgnoreCase) ? 0 : null;

    /// <summary>Whether a number fulfils the condition; NaN fulfils none.</summary>
    public bool Holds(double value) => Number is { } n && Sign switch { "<=" => value <= n, ">=" => value >= n, "<" => value < n, ">" => value > n, _ => value == n };

    /// <summary>Whether a text is the word.</summary>
    public bool Holds(ReadOnlySpan<char> text) => !Compares && text.SequenceEqual(Word);

    /// <inheritdoc/>
    public override string ToString() => Compares ? Sign + Word : Word;
}
