using System.Globalization;

namespace GpuCtr.Data.Import;

/// <summary>The type of a column, inferred from all its values. Values are text if reading them as numbers would change them: 007, +5, 20 digits and 12e34567.</summary>
internal sealed class ImportKind
{
    private const double MostExact = 1L << 53;

    private bool isSeen, isTruth = true, isWhole = true, isNumber = true, isList;

    /// <summary>Looks at one more value.</summary>
    public void See(ImportField field)
    {
        if (field.IsMissing)
            return;
        isSeen = true;
        isList |= field.IsList;
        (isTruth, isWhole, isNumber) = (isTruth && TruthOf(field) is not null, isWhole && WholeOf(field) is not null, isNumber && NumberOf(field) is not null);
    }

    /// <summary>A column for such values; text if there are none.</summary>
    public ImportColumn Column(string name) =>
        isList ? new TextColumn(name, lists: true)
        : !isSeen ? new TextColumn(name)
        : isTruth ? new ValueColumn<bool>(name, TruthOf)
        : isWhole ? new ValueColumn<long>(name, WholeOf)
        : isNumber ? new ValueColumn<double>(name, NumberOf)
        : new TextColumn(name);

    /// <summary>True, false, or null for anything else.</summary>
    private static bool? TruthOf(ImportField field) => bool.TryParse(field.Text, out bool truth) && !char.IsWhiteSpace(field.Text[0]) && !char.IsWhiteSpace(field.Text[^1]) ? truth : null;

    /// <summary>A whole number in canonical form, or null: 007, +7 and −0 are not canonical.</summary>
    public static long? WholeOf(ImportField field) =>
        !IsPadded(field.Text) && !field.Text.SequenceEqual("-0") && long.TryParse(field.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;

    /// <summary>A number, or null. Below 2⁵³ different whole numbers are different doubles; beyond, only an exponent with a sign or a decimal point shows that it is not an id.</summary>
    public static double? NumberOf(ImportField field)
    {
        ReadOnlySpan<char> text = field.Text;
        if (IsPadded(text) || !double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double value))
            return null;
        int exponent = text.IndexOfAny('e', 'E');
        bool isNumber = exponent < 0 ? Math.Abs(value) < MostExact : text[exponent + 1] is '+' or '-' || text[..exponent].Contains('.');
        return isNumber && double.IsFinite(value) ? value : null;
    }

    /// <summary>Whether it has a plus or zeros in front, which a number would lose.</summary>
    private static bool IsPadded(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> digits = text.StartsWith("-") ? text[1..] : text;
        return text.StartsWith("+") || digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1]);
    }
}
