using GpuCtr.Data.Features;
using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;
using static System.FormattableString;

namespace GpuCtr.Data.Inspection;

/// <summary>How many entries of a history occur in its target's column: hardly any if the separator, the grammar or the target is wrong.</summary>
/// <param name="History">The history.</param>
/// <param name="Entries">Number of entries compared: those of the first row groups.</param>
/// <param name="Found">Number of those that occur in the target's column, which is read until enough are found.</param>
/// <param name="Stranger">An entry that does not occur there, as text; null if there is none.</param>
internal sealed record HistoryCoverage(FeatureColumn History, long Entries, long Found, string? Stranger)
{
    private const int EnoughEntries = 100, MostEntries = 10_000;
    private const double Hardly = 0.1;

    /// <summary>Warnings for histories whose entries hardly ever occur in their target's column.</summary>
    /// <exception cref="GpuCtrException">Data: broken pages.</exception>
    public static IEnumerable<string> Warnings(ShardSet shards, FeaturePlan plan) =>
        plan.Of(FeatureRole.History).Select(h => Of(shards, plan, h)).Where(m => m.Entries >= EnoughEntries && m.Found < Hardly * m.Entries).Select(m => m.Warning());

    /// <summary>Compares a history with its target.</summary>
    public static HistoryCoverage Of(ShardSet shards, FeaturePlan plan, FeatureColumn history)
    {
        Dictionary<ulong, (int Count, string Text)> missing = [];
        int entries = 0;
        foreach (ColumnBuffer read in Groups(shards, history.Request))
        {
            if (history.Grammar is { } grammar)
                ListText.Split(read, grammar, plan.EntryKind(history), static (_, _) => { });
            for (int i = 0; i < read.Count && entries < MostEntries; i++)
            {
                if (read.IsNull(i))
                    continue;
                ulong hash = ValueHistogram.HashOf(read, i);
                missing[hash] = missing.TryGetValue(hash, out var known) ? known with { Count = known.Count + 1 } : (1, ValueHistogram.Text(read, i));
                entries++;
            }

            if (entries >= EnoughEntries)
                break;
        }

        long found = 0;
        ColumnRequest target = plan.Of(FeatureRole.Categorical).First(c => c.Name == history.Target).Request;
        foreach (ColumnBuffer read in Groups(shards, target).TakeWhile(_ => found < Hardly * entries))
        {
            for (int r = 0; r < read.Rows; r++)
                found += !read.IsNull(r) && missing.Remove(ValueHistogram.HashOf(read, r), out var entry) ? entry.Count : 0;
        }

        return new HistoryCoverage(history, entries, found, missing.Values.Select(m => m.Text).FirstOrDefault());
    }

    private string Warning()
    {
        string name = History.Name, written = History.Grammar is { } g ? $"its lists are read as {g.Describe()} (--list-separator); " : "";
        return Invariant($"of {Entries:N0} entries of the history {name} only {Found:N0} ({(double)Found / Entries:P1}) occur in its target {History.Target}, '{Stranger}' does not: {written}name the right target with --history {ColumnNames.InShell(name)}=COL, or give the list values of its own with --multi-value {ColumnNames.InShell(name)}");
    }

    private static IEnumerable<ColumnBuffer> Groups(ShardSet shards, ColumnRequest column)
    {
        var buffer = new ColumnBuffer();
        foreach (RowGroupRef group in shards.RowGroups)
        {
            using ShardReader reader = shards.Shards[group.Shard].Rent();
            reader.Read(group.Group, column, buffer);
            yield return buffer;
        }
    }
}
