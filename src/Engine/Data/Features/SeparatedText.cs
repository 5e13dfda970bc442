namespace GpuCtr.Engine.Data;

/// <summary>Lists that are stored as strings, such as <c>12,53,8</c> or <c>12^53^8</c>.</summary>
/// Entries are trimmed. A null or blank string is an empty list; an empty entry between two separators is a null, so that the
/// histories of one group stay aligned. With spaces as separators, a run of them is one.
internal static class SeparatedText
{
    private const string Candidates = ",^|;";

    /// <summary>Reads --list-separator: one character, or the words space and tab; null where empty.</summary>
    /// <exception cref="Failure">Usage: anything else.</exception>
    public static char? Parse(string text) => text switch
    {
        "" => null,
        "space" => ' ',
        "tab" => '\t',
        [char c] when !char.IsLetterOrDigit(c) && c is not ('-' or '+' or '_' or '.') => c,
        _ => throw Failure.BadUsage($"--list-separator {text}: expected one character such as , ^ or |, or the word space or tab"),
    };

    /// <summary>A separator as shown to the user.</summary>
    public static string Describe(char separator) => separator switch { ' ' => "spaces", '\t' => "tabs", _ => $"'{separator}'" };

    /// <summary>
    /// The separator of a string column: of , ^ | ; the one that the most values of the first row group have; a space where none of
    /// them occurs. Row groups without any are skipped; a comma if there is none at all.
    /// </summary>
    public static char Detect(ShardSet shards, string column)
    {
        var buffer = new ColumnBuffer();
        foreach (Shard shard in shards.Shards)
        {
            using ShardReader reader = shard.Rent();
            foreach (RowGroupRef group in shard.RowGroups)
            {
                reader.Read(group.Group, new WantedColumn(column, ValueKind.Text), buffer);
                int[] counts = [.. Candidates.Select(c => Having(buffer, c))];
                int most = Array.IndexOf(counts, counts.Max());
                if (counts[most] > 0)
                    return Candidates[most];
                if (Having(buffer, ' ') > 0)
                    return ' ';
            }
        }

        return Candidates[0];
    }

    /// <summary>Turns a flat text column into a list column, in place.</summary>
    /// <param name="column">What was read.</param>
    /// <param name="separator">Stands between the entries.</param>
    /// <param name="kind">Integer or unsigned where the entries share the vocabulary of such a column, else text.</param>
    /// <param name="shard">For errors.</param>
    /// <param name="group">For errors.</param>
    /// <param name="name">For errors.</param>
    /// <exception cref="Failure">Data: an entry that should be an integer is not.</exception>
    public static void Split(ColumnBuffer column, char separator, ValueKind kind, Shard shard, RowGroupRef group, string name)
    {
        ReadOnlyMemory<char>[] rows = column.Scratch<ReadOnlyMemory<char>>(column.Rows);
        int atMost = 0;
        for (int r = 0; r < column.Rows; r++)
        {
            rows[r] = column.IsNull(r) ? default : column.Texts[r];
            atMost += rows[r].Span.Count(separator) + 1;
        }

        column.Reserve(kind, atMost);
        column.ReserveLevels(column.Rows, repetition: false);
        (column.IsList, column.HasNulls) = (true, false);
        int at = 0;
        for (int r = 0; r < column.Rows; r++)
        {
            column.Offsets[r] = at;
            ReadOnlyMemory<char> rest = rows[r].Trim();
            for (bool more = !rest.IsEmpty; more; at++)
            {
                more = Next(ref rest, separator, out ReadOnlyMemory<char> entry);
                bool isNull = column.Nulls[at] = entry.IsEmpty;
                column.HasNulls |= isNull;
                if (kind == ValueKind.Text)
                    column.Texts[at] = entry;
                else
                    column.Integers[at] = isNull ? 0 : WholeNumber.Parse(entry.Span, kind) ?? throw NotInteger(shard, group, name, r, entry, separator);
            }
        }

        column.Offsets[column.Rows] = column.Count = at;
    }

    private static int Having(ColumnBuffer column, char separator)
    {
        int count = 0;
        for (int i = 0; i < column.Count; i++)
            count += column.Texts[i].Trim().Span.Contains(separator) ? 1 : 0;
        return count;
    }

    /// Takes an entry off the front; true if another one follows, if only an empty one.
    private static bool Next(ref ReadOnlyMemory<char> rest, char separator, out ReadOnlyMemory<char> entry)
    {
        int end = rest.Span.IndexOf(separator);
        entry = (end < 0 ? rest : rest[..end]).Trim();
        rest = end < 0 ? default : rest[(end + 1)..];
        if (separator == ' ')
            rest = rest.TrimStart();
        return end >= 0;
    }

    private static Failure NotInteger(Shard shard, RowGroupRef group, string name, int row, ReadOnlyMemory<char> entry, char separator) => Failure.BadData(
        $"{shard.Path}: row group {group.Group}, row {group.FirstRow + row}, column '{name}': '{entry}' is not an integer, as its target's values are; entries are separated by {Describe(separator)}: correct the file, or name another separator with --list-separator");
}
