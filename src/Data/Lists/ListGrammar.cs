namespace GpuCtr.Data.Lists;

/// <summary>What surrounds the entries of a list that is written as a string.</summary>
public enum ListForm
{
    /// <summary>Unknown: a model of an older version, for which brackets and quotes are letters like any other.</summary>
    Unchecked,

    /// <summary>Nothing: <c>1,2,3</c>.</summary>
    Bare,

    /// <summary>Quotes around entries: <c>"a","b"</c>.</summary>
    Quoted,

    /// <summary>Brackets around the list, and quotes around entries where they are needed: <c>[1, 2]</c>, <c>['a', 'b']</c>, <c>(1, 2)</c>, <c>{1,2}</c>, <c>[1 2 3]</c>.</summary>
    Bracketed,
}

/// <summary>How the lists in the strings of a column are written: one grammar for the whole column, which the model keeps.</summary>
/// <param name="Separator">What stands between entries; a space is any run of blanks.</param>
/// <param name="Form">What surrounds them.</param>
public sealed record ListGrammar(char Separator, ListForm Form)
{
    /// <summary>Reads --list-separator: one character, or the words space and tab; null where empty.</summary>
    /// <exception cref="GpuCtrException">Usage: anything else.</exception>
    public static char? ParseSeparator(string text) => text switch
    {
        "" => null,
        "space" => ' ',
        "tab" => '\t',
        [char c] when !char.IsLetterOrDigit(c) && !"-+_.\"'\\[](){}".Contains(c) => c,
        _ => throw GpuCtrException.UsageError($"--list-separator {text}: expected one character such as , ^ or |, or the word space or tab"),
    };

    /// <summary>The grammar as shown to the user.</summary>
    public string Describe() => (Form switch { ListForm.Quoted => "in quotes, ", ListForm.Bracketed => "in brackets, ", _ => "" }) + "separated by " + Separator switch
    {
        ' ' => "spaces",
        '\t' => "tabs",
        _ => $"'{Separator}'",
    };

    /// <summary>Whether such a word stands for a missing value.</summary>
    internal static bool IsNullWord(ReadOnlySpan<char> text) => text.Length is 3 or 4 && text[0] is 'n' or 'N' or '<'
        && (text.Equals("null", StringComparison.OrdinalIgnoreCase) || text.Equals("none", StringComparison.OrdinalIgnoreCase)
            || text.Equals("nan", StringComparison.OrdinalIgnoreCase) || text.Equals("<na>", StringComparison.OrdinalIgnoreCase));

    /// <summary>The bracket that closes what <paramref name="open"/> opens; '\0' where it opens nothing.</summary>
    internal static char Closing(char open) => open switch { '[' => ']', '(' => ')', '{' => '}', _ => '\0' };
}
