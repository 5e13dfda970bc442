using System.Globalization;

namespace GpuCtr.Data.Lists;

/// <summary>Backslashes within quotes, as JSON, Python and PostgreSQL write them.</summary>
internal static class Escapes
{
    /// <summary>The unescaped text; null if an escape is unknown, cut off, or half of a surrogate pair.</summary>
    public static char[]? Resolve(ReadOnlySpan<char> text)
    {
        char[] to = new char[text.Length];
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                to[length++] = text[i];
                continue;
            }

            if (++i == text.Length)
                return null;
            int digits = text[i] switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (digits > 0)
            {
                if (i + digits >= text.Length || !TryPoint(text.Slice(i + 1, digits), to.AsSpan(length), out int written))
                    return null;
                (i, length) = (i + digits, length + written);
            }
            else if (Letter(text[i]) is { } letter)
            {
                to[length++] = letter;
            }
            else
            {
                return null;
            }
        }

        return IsWhole(to.AsSpan(0, length)) ? to[..length] : null;
    }

    private static char? Letter(char c) => c switch
    {
        '"' or '\'' or '\\' or '/' => c,
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\b',
        'f' => '\f',
        _ => null,
    };

    /// <summary>A Unicode escape: JSON writes a character beyond 16 bits as a surrogate pair, Python as eight digits.</summary>
    private static bool TryPoint(ReadOnlySpan<char> digits, Span<char> to, out int written)
    {
        written = 0;
        if (!uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint point) || point > 0x10FFFF)
            return false;
        if (point > char.MaxValue)
            return new System.Text.Rune(point).TryEncodeToUtf16(to, out written);
        (to[0], written) = ((char)point, 1);
        return true;
    }

    /// <summary>Whether the text has a lone surrogate, which cannot be stored in a file: two ids would become one.</summary>
    private static bool IsWhole(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return false;
            i++;
        }

        return true;
    }
}
