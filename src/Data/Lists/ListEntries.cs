using System.Buffers;

namespace GpuCtr.Data.Lists;

/// <summary>Enumerates the entries of one list that is written as a string. Allocates only for entries with escapes.</summary>
/// <remarks>
/// Entries are trimmed. A blank string is an empty list; an empty entry between two separators is a null, so that the histories of
/// one group stay aligned. Outside quotes null, None, nan and &lt;NA&gt; are nulls too, unless the strings are bare text. What
/// breaks the grammar ends the enumeration with a <see cref="Fault"/>.
/// </remarks>
internal ref struct ListEntries
{
    private static readonly SearchValues<char> blanks = SearchValues.Create(" \t\r\n");

    private readonly ReadOnlySpan<char> text;
    private readonly ListGrammar grammar;
    private readonly bool nullWords;
    private readonly char bracket;
    private readonly int end;
    private int at;
    private bool more;
    private char[]? unescaped;

    /// <param name="text">The whole string.</param>
    /// <param name="grammar">Its grammar.</param>
    /// <param name="integers">Whether the entries should be integers; then a word can only be a null.</param>
    public ListEntries(ReadOnlySpan<char> text, ListGrammar grammar, bool integers)
    {
        this.text = text;
        this.grammar = grammar;
        nullWords = integers || grammar.Form >= ListForm.Quoted;
        (at, end) = Trimmed(0, text.Length);
        if (at == end || (nullWords && ListGrammar.IsNullWord(text[at..end])))
            return;
        more = true;
        if (grammar.Form == ListForm.Bracketed)
        {
            if (end - at < 2 || ListGrammar.Closing(text[at]) is '\0' || ListGrammar.Closing(text[at]) != text[end - 1])
            {
                Fail("no list in brackets");
                return;
            }

            bracket = text[at];
            (at, end) = Trimmed(at + 1, end - 1);
            more = at < end;
        }
        else if (grammar.Form != ListForm.Unchecked && ListDetection.IsBracketed(text[at..end]) && Separators(text[at..end], grammar.Separator) > 0)
        {
            Fail("a list in brackets, unlike others of this column");
        }
    }

    /// <summary>Description of what breaks the grammar; null if nothing does.</summary>
    public string? Fault { get; private set; }

    /// <summary>Range of the entry in the string, without its quotes, with its escapes.</summary>
    public (int Start, int Length) Place { get; private set; }

    /// <summary>Whether the entry is a null.</summary>
    public bool IsNull { get; private set; }

    /// <summary>Whether <see cref="Entry"/> differs from the text at <see cref="Place"/>.</summary>
    public readonly bool IsUnescaped => unescaped is not null;

    /// <summary>The entry.</summary>
    public readonly ReadOnlySpan<char> Entry => unescaped is null ? text.Slice(Place.Start, Place.Length) : unescaped;

    /// <summary>Upper bound of the number of entries in a string.</summary>
    public static int AtMost(ReadOnlySpan<char> text, ListGrammar grammar) => Separators(text, grammar.Separator) + 1;

    /// <summary>Moves to the next entry; false at the end, or at a fault.</summary>
    public bool Next()
    {
        if (!more)
            return false;
        unescaped = null;
        bool quoted = grammar.Form >= ListForm.Quoted && at < end && text[at] is '"' or '\'';
        bool good = quoted ? TakeQuoted() : TakePlain();
        return good && Fault is null;
    }

    private static int Separators(ReadOnlySpan<char> text, char separator) => separator == ' ' ? text.CountAny(blanks) : text.Count(separator);

    private bool TakeQuoted()
    {
        int start = at + 1, close = start;
        bool escapes = false;
        for (; close < end && text[close] != text[at]; close++)
        {
            if (text[close] != '\\')
                continue;
            escapes = true;
            close++;
        }

        if (close >= end)
            return Fail("a quote that is not closed");
        (Place, IsNull) = ((start, close - start), false);
        if (escapes && (unescaped = Escapes.Resolve(text[start..close])) is null)
            return Fail("an escape that is none");
        int behind = close + 1;
        (at, _) = Trimmed(behind, end);
        more = at < end;
        if (more && grammar.Separator == ' ')
            return at > behind || Fail("text behind a quote");
        if (more && text[at] != grammar.Separator)
            return Fail("text behind a quote");
        if (more)
            (at, _) = Trimmed(at + 1, end);
        return true;
    }

    private bool TakePlain()
    {
        ReadOnlySpan<char> rest = text[at..end];
        int length = grammar.Separator == ' ' ? rest.IndexOfAny(blanks) : rest.IndexOf(grammar.Separator);
        more = length >= 0;
        (int start, int stop) = Trimmed(at, more ? at + length : end);
        (at, _) = more ? Trimmed(at + length + 1, end) : (end, end);
        Place = (start, stop - start);
        ReadOnlySpan<char> entry = text[start..stop];
        IsNull = entry.IsEmpty || (nullWords && ListGrammar.IsNullWord(entry));
        if (grammar.Form != ListForm.Bracketed)
            return true;
        if (!entry.IsEmpty && ListGrammar.Closing(entry[0]) != '\0')
            return Fail("a list within the list");
        if (entry is "...")
            return Fail("an abbreviated list (...)");
        // Python writes a tuple with one element as (1,).
        return !(bracket == '(' && entry.IsEmpty && !more);
    }

    private readonly (int From, int To) Trimmed(int from, int to)
    {
        while (from < to && char.IsWhiteSpace(text[from]))
            from++;
        while (to > from && char.IsWhiteSpace(text[to - 1]))
            to--;
        return (from, to);
    }

    private bool Fail(string fault)
    {
        (Fault, more) = (fault, false);
        return false;
    }
}
