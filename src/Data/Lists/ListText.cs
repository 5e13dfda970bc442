using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Lists;

/// <summary>Turns string columns with lists such as <c>12,53,8</c> or <c>['a', 'b']</c> into list columns.</summary>
internal static class ListText
{
    private const int ShownText = 60;

    /// <summary>Turns a flat text column into a list column, in place. A string that breaks the grammar becomes an empty list.</summary>
    /// <param name="column">The decoded column.</param>
    /// <param name="grammar">How its lists are written.</param>
    /// <param name="kind">Integer or unsigned if the entries share the vocabulary of such a column, else text.</param>
    /// <param name="bad">Called with the row of each string that breaks the grammar, and a description.</param>
    public static void Split(ColumnBuffer column, ListGrammar grammar, ValueKind kind, Action<int, string> bad)
    {
        ReadOnlyMemory<char>[] rows = column.Scratch<ReadOnlyMemory<char>>(column.Rows);
        int atMost = 0;
        for (int r = 0; r < column.Rows; r++)
        {
            rows[r] = column.IsNull(r) ? default : column.Texts[r];
            atMost += ListEntries.AtMost(rows[r].Span, grammar);
        }

        column.Reserve(kind, atMost);
        column.ReserveLevels(column.Rows, repetition: false);
        (column.IsList, column.HasNulls) = (true, false);
        int at = 0;
        for (int r = 0; r < column.Rows; r++)
        {
            column.Offsets[r] = at;
            if (Fill(column, rows[r], grammar, kind, ref at) is not { } fault)
                continue;
            at = column.Offsets[r];
            bad(r, fault);
        }

        column.Offsets[column.Rows] = column.Count = at;
    }

    /// <summary>The error for a row that breaks the grammar.</summary>
    /// <param name="shard">Its shard.</param>
    /// <param name="group">Its row group.</param>
    /// <param name="name">Column.</param>
    /// <param name="row">Row of the group.</param>
    /// <param name="fault">What is wrong with it.</param>
    /// <param name="grammar">How the column's lists are written.</param>
    public static GpuCtrException Broken(Shard shard, RowGroupRef group, string name, int row, string fault, ListGrammar grammar) => GpuCtrException.DataError(
        shard.Place(group, row, name), $"{fault}; its lists are {grammar.Describe()}: correct the file, name another separator with --list-separator, or skip such rows with --bad-rows");

    /// <summary>Description of the fault, with the beginning of the string.</summary>
    public static string Describe(string fault, ReadOnlySpan<char> text) =>
        $"{fault}: '{text[..Math.Min(text.Length, ShownText)]}{(text.Length > ShownText ? "…" : "")}'";

    /// <summary>Parses a string; returns a description of what breaks the grammar, or null.</summary>
    private static string? Fill(ColumnBuffer column, ReadOnlyMemory<char> row, ListGrammar grammar, ValueKind kind, ref int at)
    {
        ListEntries entries = new(row.Span, grammar, WholeNumber.Is(kind));
        for (; entries.Next(); at++)
        {
            column.Nulls[at] = entries.IsNull;
            column.HasNulls |= entries.IsNull;
            if (kind == ValueKind.Text)
                column.Texts[at] = entries.IsNull ? default : entries.IsUnescaped ? entries.Entry.ToString().AsMemory() : row.Slice(entries.Place.Start, entries.Place.Length);
            else if (entries.IsNull)
                column.Integers[at] = 0;
            else if (WholeNumber.Parse(entries.Entry, kind) is { } value)
                column.Integers[at] = value;
            else
                return $"'{entries.Entry}' is not an {(kind == ValueKind.Unsigned ? "unsigned " : "")}integer, as its target's values are";
        }

        return entries.Fault is { } fault ? Describe(fault, row.Span) : null;
    }
}
