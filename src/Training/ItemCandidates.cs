using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Kernels.Numerics;

namespace GpuCtr.Training;

/// <summary>The items among which the correct item of a row is ranked.</summary>
internal abstract class ItemCandidates
{
    /// <summary>Most candidates of a row.</summary>
    public abstract int Most { get; }

    /// <summary>Sets the candidates of a row, besides the correct item.</summary>
    /// <param name="row">Its number, from 0, in the order of the files.</param>
    /// <param name="seen">Items of its sequence, as rows of the vocabulary.</param>
    /// <param name="right">The right item.</param>
    /// <param name="to">(<see cref="Most"/>) receives rows of the vocabulary.</param>
    /// <returns>How many there are.</returns>
    public abstract int Fill(long row, ReadOnlySpan<int> seen, int right, Span<int> to);
}

/// <summary>Candidates that a list column has.</summary>
internal sealed class GivenCandidates : ItemCandidates
{
    private readonly int[][] rows;

    private GivenCandidates(int[][] rows) => this.rows = rows;

    /// <inheritdoc/>
    public override int Most => rows.Select(r => r.Length).DefaultIfEmpty(0).Max();

    /// <summary>Reads them from a column of the rows themselves.</summary>
    /// <exception cref="GpuCtrException">Usage: no such list. Data: broken pages.</exception>
    public static GivenCandidates Of(ShardSet shards, string column, VocabularyTable items) => new([.. Lists(shards, column, items).Select(l => l.Items)]);

    /// <summary>Reads them from other files, which have a row for each key of these rows.</summary>
    /// <param name="shards">The rows that are evaluated.</param>
    /// <param name="from">The files with the candidates.</param>
    /// <param name="column">Their list column.</param>
    /// <param name="key">A column that both have, such as the user.</param>
    /// <param name="items">The vocabulary.</param>
    /// <exception cref="GpuCtrException">Usage: no such column. Data: a key has no candidates, or occurs twice.</exception>
    public static GivenCandidates Of(ShardSet shards, ShardSet from, string column, string key, VocabularyTable items)
    {
        Dictionary<string, int[]> byKey = [];
        foreach ((DataPlace place, string value, int[] list) in Keys(from, key).Zip(Lists(from, column, items), (k, l) => (k.Place, k.Key, l.Items)))
        {
            if (!byKey.TryAdd(value, list))
                throw GpuCtrException.DataError(place with { Column = key }, $"{value} occurs twice; write the candidates of a row once");
        }

        return new([.. Keys(shards, key).Select(k => byKey.GetValueOrDefault(k.Key)
            ?? throw GpuCtrException.DataError(k.Place with { Column = key }, $"{k.Key} has no candidates in {from.Shards[0].Path}; add them, or evaluate rows that have some"))]);
    }

    /// <inheritdoc/>
    public override int Fill(long row, ReadOnlySpan<int> seen, int right, Span<int> to)
    {
        rows[row].CopyTo(to);
        return rows[row].Length;
    }

    private static IEnumerable<(DataPlace Place, int[] Items)> Lists(ShardSet shards, string name, VocabularyTable items)
    {
        bool text = items.Kind == ValueKind.Text;
        if (shards.Column(name) is not { IsList: true } stored || (stored.Kind == ValueKind.Text) != text || !text && !ColumnRequest.IsNumber(stored.Kind))
            throw GpuCtrException.UsageError($"--candidates {ColumnNames.InShell(name)}: {shards.Shards[0].Path} has no list of {(text ? "strings" : "integers")} of that name; it has {ColumnNames.Listing(shards.Columns.Select(c => c.Name))}");
        ValueKind kind = stored.Kind == ValueKind.Real ? ValueKind.Integer : stored.Kind;
        return Read(shards, new ColumnRequest(name, kind, IsList: true), (column, r) =>
            (int[])[.. Enumerable.Range(column.Offsets[r], column.Offsets[r + 1] - column.Offsets[r]).Where(i => !column.IsNull(i))
                .Select(i => text ? items.RowOf(column.Texts[i].Span) : items.RowOf(column.Integers[i], kind))]);
    }

    private static IEnumerable<(DataPlace Place, string Key)> Keys(ShardSet shards, string name)
    {
        if (shards.Column(name) is not { IsList: false, Kind: ValueKind.Integer or ValueKind.Unsigned or ValueKind.Text } stored)
            throw GpuCtrException.UsageError($"--by {ColumnNames.InShell(name)}: {shards.Shards[0].Path} has no column of integers or strings of that name; it has {ColumnNames.Listing(shards.Columns.Select(c => c.Name))}");
        return Read(shards, new ColumnRequest(name, stored.Kind), (column, r) =>
            column.IsNull(r) ? "(null)" : column.Kind == ValueKind.Text ? column.Texts[r].ToString() : WholeNumber.Text(column.Integers[r], column.Kind));
    }

    private static IEnumerable<(DataPlace, T)> Read<T>(ShardSet shards, ColumnRequest request, Func<ColumnBuffer, int, T> value)
    {
        ColumnBuffer column = new();
        foreach ((Shard shard, RowGroupRef group) in shards.Read((request, column)))
            for (int r = 0; r < column.Rows; r++)
                yield return (shard.Place(group, r), value(column, r));
    }
}

/// <summary>N distinct items drawn for each row with probability proportional to their frequency in training, without those of the sequence; depends only on seed and row.</summary>
/// <param name="items">The vocabulary, with its counts.</param>
/// <param name="count">N; all other items if there are fewer.</param>
/// <param name="seed">Another seed draws others.</param>
internal sealed class PopularCandidates(VocabularyTable items, int count, ulong seed) : ItemCandidates
{
    private readonly long[] ends = Ends(items);
    private readonly int occurring = Enumerable.Range(VocabularyTable.FirstValueRow, items.OovRow - VocabularyTable.FirstValueRow).Count(row => items.Counts[row] > 0);

    /// <inheritdoc/>
    public override int Most => count;

    /// <inheritdoc/>
    public override int Fill(long row, ReadOnlySpan<int> seen, int right, Span<int> to)
    {
        HashSet<int> taken = [.. seen, right];
        int left = occurring - taken.Count(Occurs), drawn = 0;
        for (uint attempt = 0; drawn < Math.Min(count, left); attempt++)
        {
            Philox.Block bits = Philox.Generate((uint)row, (uint)((ulong)row >> 32), attempt, 0, (uint)seed, (uint)(seed >> 32));
            int item = RowOf(IndexOf(bits.Below(ends[^1])));
            if (taken.Add(item))
                to[drawn++] = item;
        }

        return drawn;
    }

    private static long[] Ends(VocabularyTable items)
    {
        long[] ends = new long[items.OovRow - VocabularyTable.FirstValueRow];
        for (int i = 0; i < ends.Length; i++)
            ends[i] = (i == 0 ? 0 : ends[i - 1]) + items.Counts[RowOf(i)];
        return ends;
    }

    private static int RowOf(int index) => VocabularyTable.FirstValueRow + index;

    private bool Occurs(int row) => row >= VocabularyTable.FirstValueRow && row < items.OovRow && items.Counts[row] > 0;

    /// <summary>The item to which occurrence <paramref name="at"/> of all belongs.</summary>
    private int IndexOf(long at)
    {
        int found = Array.BinarySearch(ends, at + 1);
        found = found < 0 ? ~found : found;
        // The first of those that end here; the others never occur.
        while (found > 0 && ends[found - 1] == ends[found])
            found--;
        return found;
    }
}
