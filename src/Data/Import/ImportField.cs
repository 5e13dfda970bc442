namespace GpuCtr.Data.Import;

/// <summary>A value as a file has it.</summary>
/// <param name="text">Its characters, without quotes.</param>
/// <param name="isQuoted">It was in quotes, so that "" is an empty text, and "NA" no missing value.</param>
/// <param name="isList">It is a list, written in JSON.</param>
internal readonly ref struct ImportField(ReadOnlySpan<char> text, bool isQuoted = false, bool isList = false)
{
    private static readonly string[] missing = ["nan", "null", "none", "NA", "N/A", "<NA>", "\\N"];

    /// <summary>Its characters.</summary>
    public ReadOnlySpan<char> Text { get; } = text;

    /// <summary>Whether it was in quotes.</summary>
    public bool IsQuoted { get; } = isQuoted;

    /// <summary>Whether it is a list.</summary>
    public bool IsList { get; } = isList;

    /// <summary>Nothing at all.</summary>
    public bool IsEmpty => Text.IsEmpty && !IsQuoted;

    /// <summary>Nothing, or a word that pandas, R, SQL and Hive write for nothing. In a column of text only nothing is missing.</summary>
    public bool IsMissing
    {
        get
        {
            if (Text.IsEmpty || IsQuoted || Text.Length > 4)
                return Text.IsEmpty;
            foreach (string word in missing)
            {
                if (Text.Equals(word, char.IsLower(word[0]) ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal))
                    return true;
            }

            return false;
        }
    }
}
