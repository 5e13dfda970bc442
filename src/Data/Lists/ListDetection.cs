using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Lists;

/// <summary>Detects how the lists of a string column are written.</summary>
internal static class ListDetection
{
    private const string Candidates = ",^|; ";

    /// <summary>
    /// The grammar of most values of a column. The first row group with values decides what surrounds entries; the
    /// first one with a separator decides which: the most frequent of , ^ | ; else a space; a comma if there is no separator.
    /// </summary>
    /// <param name="shards">The shards.</param>
    /// <param name="column">A string column.</param>
    /// <param name="separator">The separator that the user gave; null = detect.</param>
    public static ListGrammar Grammar(ShardSet shards, string column, char? separator)
    {
        var buffer = new ColumnBuffer();
        ListForm? form = null;
        foreach (Shard shard in shards.Shards)
        {
            using ShardReader reader = shard.Rent();
            foreach (RowGroupRef group in shard.RowGroups)
            {
                reader.Read(group.Group, new ColumnRequest(column, ValueKind.Text), buffer);
                form ??= FormOf(buffer);
                separator ??= SeparatorOf(buffer, form);
                if (form is { } found && separator is { } c)
                    return new ListGrammar(c, found);
            }
        }

        return new ListGrammar(separator ?? Candidates[0], form ?? ListForm.Bare);
    }

    /// <summary>Whether a string begins with a bracket that is closed at its end and nowhere before.</summary>
    public static bool IsBracketed(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        char close = text.Length < 2 ? '\0' : ListGrammar.Closing(text[0]);
        if (close == '\0' || text[^1] != close)
            return false;
        ReadOnlySpan<char> inside = text[1..^1].Trim();
        // A bracket within quotes does not close.
        return inside is ['"' or '\'', ..] || !inside.Contains(close);
    }

    private static ListForm? FormOf(ColumnBuffer column)
    {
        int values = 0, bracketed = 0, quoted = 0;
        for (int r = 0; r < column.Rows; r++)
        {
            ReadOnlySpan<char> text = column.IsNull(r) ? default : column.Texts[r].Span.Trim();
            if (text.IsEmpty || ListGrammar.IsNullWord(text))
                continue;
            values++;
            bracketed += IsBracketed(text) ? 1 : 0;
            quoted += text is ['"' or '\'', _, ..] && text[^1] == text[0] ? 1 : 0;
        }

        return values == 0 ? null : 2 * bracketed > values ? ListForm.Bracketed : 2 * quoted > values ? ListForm.Quoted : ListForm.Bare;
    }

    private static char? SeparatorOf(ColumnBuffer column, ListForm? form)
    {
        int[] counts = new int[Candidates.Length];
        for (int r = 0; r < column.Rows; r++)
        {
            if (!column.IsNull(r))
                Count(column.Texts[r].Span.Trim(), form >= ListForm.Quoted, counts);
        }

        // Spaces also accompany other separators.
        int most = Array.IndexOf(counts, counts[..^1].Max());
        return counts[most] > 0 ? Candidates[most] : counts[^1] > 0 ? ' ' : null;
    }

    /// <summary>Counts each candidate separator that occurs in a value outside quotes.</summary>
    private static void Count(ReadOnlySpan<char> text, bool quotes, int[] counts)
    {
        int seen = 0;
        char open = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (open != '\0')
            {
                i += c == '\\' ? 1 : 0;
                open = c == open ? '\0' : open;
                continue;
            }

            int candidate = Candidates.IndexOf(c);
            if (candidate >= 0 && (seen & (1 << candidate)) == 0)
                (seen, counts[candidate]) = (seen | (1 << candidate), counts[candidate] + 1);
            // An apostrophe within an entry does not open a quote.
            if (quotes && c is '"' or '\'' && (i == 0 || !char.IsLetterOrDigit(text[i - 1])))
                open = c;
        }
    }
}
