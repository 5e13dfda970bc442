using GpuCtr.Data.Features;
using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Inspection;

/// <summary>Distinguishes strings that contain lists from ordinary text, for columns that no flag names as lists.</summary>
/// <remarks>
/// Brackets around most values are sufficient evidence. Without them, lists of ids are recognized by the form of ids, and lists of words by
/// their order: a word that is first in one list is last in another, unlike the parts of a name, a date or an address.
/// </remarks>
internal static class UndeclaredLists
{
    private const int FewestValues = 10, MostValues = 2_000;
    private const double Most = 0.5, Nearly = 0.9, Some = 0.1, Few = 0.05;
    private const string Separators = ",|;^\t ";

    /// <summary>Warnings for columns that look like lists and are read as one id per row.</summary>
    /// <exception cref="GpuCtrException">Data: broken pages.</exception>
    public static IEnumerable<string> Warnings(ShardSet shards, FeaturePlan plan)
    {
        string[] names = [.. plan.Of(FeatureRole.Categorical).Where(c => c.Kind == ValueKind.Text).Select(c => c.Name).Except(plan.Options.Categorical)];
        var warnings = new string?[names.Length];
        Workers.Run(
            names.Length, shards.DecodeThreads(plan.Options.MemoryBytes, plan.Options.Workers), (i, _) => warnings[i] = Warning(names[i], Values(shards, names[i])), CancellationToken.None);
        return warnings.OfType<string>();
    }

    private static string? Warning(string name, string[] values)
    {
        if (Of(values) is not { } grammar)
            return null;
        string example = values.First(v => Entries(v, grammar) is { Length: > 1 });
        return $"column {name} looks like lists {grammar.Describe()} ({ListText.Describe("such as", example)}) and is read as one id per row: name it with --history {ColumnNames.InShell(name)}=COL or --multi-value {ColumnNames.InShell(name)}; --categorical {ColumnNames.InShell(name)} confirms that it is one id";
    }

    /// <summary>The grammar in which most of the values are lists; null for ordinary text.</summary>
    /// <param name="values">Distinct values that are not blank.</param>
    public static ListGrammar? Of(IReadOnlyList<string> values)
    {
        if (values.Count < FewestValues)
            return null;
        foreach (ListForm form in (ListForm[])[ListForm.Bracketed, ListForm.Bare])
        {
            foreach (char separator in Separators.Where(s => values.Count(v => v.Contains(s)) >= Some * values.Count))
            {
                ListGrammar grammar = new(separator, form);
                string[][] lists = [.. values.Select(v => Entries(v, grammar)).OfType<string[]>()];
                if (lists.Length >= Nearly * values.Count && (form == ListForm.Bracketed ? AreBracketed(lists, separator) : AreLists(lists, separator)))
                    return grammar;
            }
        }

        return null;
    }

    private static bool AreBracketed(string[][] lists, char separator) =>
        lists.Count(l => l.Length > 1) >= Some * lists.Length && (separator != ' ' || AreIds(lists));

    private static bool AreLists(string[][] lists, char separator)
    {
        int[] lengths = [.. lists.Select(l => l.Length)];
        bool vary = lengths.CountBy(l => l).Max(l => l.Value) <= Nearly * lengths.Length || lengths.Min() >= 5;
        if (lengths.Count(l => l > 1) < Most * lengths.Length || lengths.Count(l => l > 2) < Some * lengths.Length || !vary)
            return false;
        // Groups of digits are phone numbers or thousands separators, unless there are many groups.
        return AreIds(lists) ? lengths.Max() >= 5 || !(separator == ' ' || AreThousands(lists)) : separator != ' ' && AreInAnyOrder(lists);
    }

    private static bool AreIds(string[][] lists) => Share(lists.SelectMany(l => l), IsId) >= 1 - Few;

    private static bool IsId(string entry) => entry.Any(char.IsAsciiDigit) && entry.All(c => char.IsLetterOrDigit(c) || c is '_' or '-');

    /// <summary>1,234,567</summary>
    private static bool AreThousands(string[][] lists) =>
        Share(lists.Where(l => l.Length > 1), l => l[0].Length <= 3 && l.Skip(1).All(e => e.Length == 3 && e.All(char.IsAsciiDigit))) >= 1 - Few;

    /// <summary>Whether most entries occur at different positions, counted from the start and from the end.</summary>
    private static bool AreInAnyOrder(string[][] lists)
    {
        Dictionary<string, (int Count, int First, int Last, bool FirstMoves, bool LastMoves)> places = new(StringComparer.Ordinal);
        foreach (string[] list in lists.Where(l => l.Length > 1))
        {
            for (int i = 0; i < list.Length; i++)
            {
                int last = list.Length - 1 - i;
                places[list[i]] = places.TryGetValue(list[i], out var p)
                    ? (p.Count + 1, i, last, p.FirstMoves || p.First != i, p.LastMoves || p.Last != last)
                    : (1, i, last, false, false);
            }
        }

        return places.Values.Where(p => p.FirstMoves && p.LastMoves).Sum(p => p.Count) >= Most * places.Values.Sum(p => p.Count);
    }

    /// <summary>The entries; null if the string is not such a list, or is cut within brackets or quotes.</summary>
    private static string[]? Entries(string text, ListGrammar grammar)
    {
        List<string> found = [];
        ListEntries entries = new(text, grammar, integers: false);
        while (entries.Next())
        {
            string entry = entries.Entry.ToString();
            if (grammar.Form == ListForm.Bare && (entry.Count(c => c == '(') != entry.Count(c => c == ')') || entry.Count(c => c == '"') % 2 != 0))
                return null;
            found.Add(entry);
        }

        return entries.Fault is null ? [.. found] : null;
    }

    private static double Share<T>(IEnumerable<T> items, Func<T, bool> has)
    {
        (int all, int having) = (0, 0);
        foreach (T item in items)
            (all, having) = (all + 1, having + (has(item) ? 1 : 0));
        return all == 0 ? 0 : (double)having / all;
    }

    /// <summary>Distinct values of the first row group that has any.</summary>
    private static string[] Values(ShardSet shards, string column)
    {
        var buffer = new ColumnBuffer();
        HashSet<string> values = new(StringComparer.Ordinal);
        foreach (RowGroupRef group in shards.RowGroups)
        {
            using ShardReader reader = shards.Shards[group.Shard].Rent();
            reader.Read(group.Group, new ColumnRequest(column, ValueKind.Text), buffer);
            int step = Math.Max(1, buffer.Rows / MostValues);
            for (int r = 0; r < buffer.Rows; r += step)
            {
                if (!buffer.IsNull(r) && !buffer.Texts[r].Span.IsWhiteSpace())
                    values.Add(buffer.Texts[r].ToString());
            }

            if (values.Count > 0)
                break;
        }

        return [.. values];
    }
}
