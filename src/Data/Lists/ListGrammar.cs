namespace GpuCtr.Data.Lists;

/// <summary>Brackets and quotes of lists that are written as strings.</summary>
public enum ListForm
{
    /// <summary>Unknown: the model of an older version, which treats brackets and quotes as ordinary characters.</summary>
    Unchecked,

    /// <summary>Neither: <c>1,2,3</c>.</summary>
    Bare,

    /// <summary>Quotes around entries: <c>"a","b"</c>.</summary>
    Quoted,

    /// <summary>Brackets around the list, and quotes around entries where needed: <c>[1, 2]</c>, <c>['a', 'b']</c>, <c>(1, 2)</c>, <c>{1,2}</c>, <c>[1 2 3]</c>.</summary>
    Bracketed,
}

/// <summary>How the lists in a string column are written: one grammar for the whole column, stored in the model.</summary>
/// <param name="Separator">Separator of entries; a space stands for any run of blanks.</param>
/// <param name="Form">Brackets and quotes.</param>
public sealed record ListGrammar(char Separator, ListForm Form)
{
    /// <summary>Parses a separator: one character, or the word space or tab.</summary>
    /// <exception cref="FormatException">Anything else.</exception>
    public static char ParseSeparator(string text) => text switch
    {
        "space" => ' ',
        "tab" => '\t',
        [char c] when !char.IsLetterOrDigit(c) && !"-+_.\"'\\[](){}".Contains(c) => c,
        _ => throw new FormatException("expected one character such as , ^ or |, or the word space or tab"),
    };

    /// <summary>The grammar as shown to the user.</summary>
    public string Describe() => (Form switch { ListForm.Quoted => "in quotes, ", ListForm.Bracketed => "in brackets, ", _ => "" }) + "separated by " + Separator switch
    {
        ' ' => "spaces",
        '\t' => "tabs",
        _ => $"'{Separator}'",
    };

    /// <summary>Whether a word means a missing value.</summary>
    internal static bool IsNullWord(ReadOnlySpan<char> text) => text.Length is 3 or 4 && text[0] is 'n' or 'N' or '<'
        && (text.Equals("null", StringComparison.OrdinalIgnoreCase) || text.Equals("none", StringComparison.OrdinalIgnoreCase)
            || text.Equals("nan", StringComparison.OrdinalIgnoreCase) || text.Equals("<na>", StringComparison.OrdinalIgnoreCase));

    /// <summary>The closing bracket of <paramref name="open"/>; '\0' if that is not an opening bracket.</summary>
    internal static char Closing(char open) => open switch { '[' => ']', '(' => ')', '{' => '}', _ => '\0' };
}
