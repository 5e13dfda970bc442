using System.Runtime.InteropServices;
using GpuCtr.Data.Features;
using GpuCtr.Data.Splits;
using GpuCtr.Models.Features;

namespace GpuCtr.Data.Batches;

/// <summary>Encoded rows in memory, in the order of the files. They can be copied to batches repeatedly, with some columns taken from other rows.</summary>
internal sealed class HeldRows
{
    private readonly FeatureSpec spec;
    private readonly List<int> tableRows = []; // (rows, F)
    private readonly List<float> numeric = []; // (rows, N)
    private readonly List<float> labels = [], weights = []; // (rows); no weights if all are 1
    private readonly List<ulong> listKeys = []; // (rows); empty unless rows are items of lists
    private readonly List<int> listStarts = [];
    private readonly HeldList[] lists;
    private long seen;

    /// <summary>A list column: the entries of row r are TableRows[Offsets[r]] … TableRows[Offsets[r + 1] − 1].</summary>
    private sealed record HeldList(List<int> TableRows, List<int> Offsets)
    {
        public ReadOnlySpan<int> Entries(int row) => CollectionsMarshal.AsSpan(TableRows)[Offsets[row]..Offsets[row + 1]];

        public void Add(ReadOnlySpan<int> entries)
        {
            TableRows.AddRange(entries);
            Offsets.Add(TableRows.Count);
        }
    }

    private HeldRows(FeatureSpec spec) => (this.spec, lists) = (spec, [.. spec.Sequences.Select(_ => new HeldList([], [0]))]);

    /// <summary>Reads rows once.</summary>
    /// <param name="data">Their shards.</param>
    /// <param name="part">Which rows.</param>
    /// <param name="batch">A batch of the model that will read them.</param>
    /// <param name="share">The share of the rows, or of the lists, that is kept, chosen by a hash of seed and number.</param>
    /// <param name="seed">Another seed keeps others.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="GpuCtrException">Data or InputOutput.</exception>
    public static HeldRows Read(Dataset data, RowPart part, Batch batch, double share, ulong seed, CancellationToken cancellation)
    {
        HeldRows held = new(batch.Spec);
        using EpochReader reader = data.Read(part, EpochOrder.Natural);
        while (reader.Next(batch))
        {
            cancellation.ThrowIfCancellationRequested();
            held.Add(batch, unit => share >= 1 || RandomBits.Mix(RandomBits.Mix(seed) + (ulong)unit) < share * 18446744073709551616.0);
        }

        return held;
    }

    /// <summary>Upper bound of the bytes of this number of rows, while the arrays grow.</summary>
    public static long BytesOf(FeatureSpec spec, long rows) => 2 * rows * (4L * (spec.F + spec.N + 2 + spec.Sequences.Sum(s => s.MaxLength + 1)) + (spec.HasLists ? 8 : 0));

    /// <summary>How many rows there are.</summary>
    public int Rows => labels.Count;

    /// <summary>(Rows) labels.</summary>
    public ReadOnlySpan<float> Labels => CollectionsMarshal.AsSpan(labels);

    /// <summary>(Rows) weights; empty if all are 1.</summary>
    public ReadOnlySpan<float> Weights => CollectionsMarshal.AsSpan(weights);

    /// <summary>(Rows) key of the list of each row; empty unless rows are items of lists.</summary>
    public ReadOnlySpan<ulong> ListKeys => CollectionsMarshal.AsSpan(listKeys);

    /// <summary>(lists) start of each list of rows; empty unless rows are items of lists.</summary>
    public IReadOnlyList<int> ListStarts => listStarts;

    /// <summary>Where a list of rows ends.</summary>
    public int ListEnd(int list) => list + 1 < listStarts.Count ? listStarts[list + 1] : Rows;

    /// <summary>Fills a batch with rows from <paramref name="first"/> on, as many as fit; whole lists if rows are items of lists. Returns their number.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="first">The first row.</param>
    /// <param name="group">The columns that are taken from other rows; may be null.</param>
    /// <param name="from">(Rows) the row that it comes from.</param>
    public int Fill(Batch batch, int first, ColumnGroup? group, ReadOnlySpan<int> from)
    {
        batch.Lists?.Clear();
        batch.Rows = spec.HasLists ? AddLists(batch, first) : Math.Min(batch.Capacity, Rows - first);
        int fields = spec.F, numbers = spec.N;
        CollectionsMarshal.AsSpan(tableRows).Slice(first * fields, batch.Rows * fields).CopyTo(batch.TableRows);
        CollectionsMarshal.AsSpan(numeric).Slice(first * numbers, batch.Rows * numbers).CopyTo(batch.Numeric);
        Labels.Slice(first, batch.Rows).CopyTo(batch.Labels);
        for (int b = 0; group is not null && b < batch.Rows; b++)
        {
            int other = from[first + b];
            foreach (int f in group.Fields)
                batch.TableRows[b * fields + f] = tableRows[other * fields + f];
            foreach (int n in group.Numbers)
                batch.Numeric[b * numbers + n] = numeric[other * numbers + n];
        }

        for (int s = 0; s < lists.Length; s++)
            FillList(batch, first, s, group?.Lists.Contains(s) == true ? from : default);
        return batch.Rows;
    }

    /// <summary>Whether two rows have the same values in a group.</summary>
    public bool AreEqual(ColumnGroup group, int a, int b) =>
        group.Fields.All(f => tableRows[a * spec.F + f] == tableRows[b * spec.F + f])
        && group.Numbers.All(n => numeric[a * spec.N + n] == numeric[b * spec.N + n])
        && group.Lists.All(s => lists[s].Entries(a).SequenceEqual(lists[s].Entries(b)));

    private void Add(Batch batch, Func<long, bool> keeps)
    {
        ReadOnlySpan<int> starts = batch.Lists is { } of ? of.Starts[..^1] : default;
        int units = batch.Lists is null ? batch.Rows : starts.Length;
        for (int unit = 0; unit < units; unit++)
        {
            if (!keeps(seen++))
                continue;
            (int first, int end) = batch.Lists is null ? (unit, unit + 1) : (starts[unit], unit + 1 < units ? starts[unit + 1] : batch.Rows);
            if (batch.Lists is not null)
                listStarts.Add(Rows);
            for (int b = first; b < end; b++)
                AddRow(batch, b);
        }
    }

    private void AddRow(Batch batch, int b)
    {
        tableRows.AddRange(batch.TableRows.Slice(b * spec.F, spec.F));
        numeric.AddRange(batch.Numeric.Slice(b * spec.N, spec.N));
        labels.Add(batch.Labels[b]);
        if (spec.HasWeights)
            weights.Add(batch.Weights[b]);
        if (spec.HasLists)
            listKeys.Add(batch.GroupKeys[b]);
        for (int s = 0; s < lists.Length; s++)
        {
            // Rows that are only evaluated have no negatives.
            BatchSequence list = batch.Sequences[s];
            lists[s].Add(list.Field.Role == SequenceRole.Negative ? [] : list.TableRows[list.Offsets[b]..list.Offsets[b + 1]]);
        }
    }

    private void FillList(Batch batch, int first, int s, ReadOnlySpan<int> from)
    {
        BatchSequence to = batch.Sequences[s];
        to.Offsets[0] = 0;
        for (int b = 0; b < batch.Rows; b++)
        {
            ReadOnlySpan<int> entries = lists[s].Entries(from.IsEmpty ? first + b : from[first + b]);
            entries.CopyTo(to.TableRows[to.Offsets[b]..]);
            to.Offsets[b + 1] = to.Offsets[b] + entries.Length;
        }
    }

    /// <summary>Adds the lists from a row on that fit in a batch; returns their rows.</summary>
    private int AddLists(Batch batch, int first)
    {
        int rows = 0;
        for (int list = listStarts.BinarySearch(first); list < listStarts.Count && ListEnd(list) - first <= batch.Capacity; list++)
        {
            batch.Lists!.Add(ListEnd(list) - listStarts[list]);
            rows = ListEnd(list) - first;
        }

        return rows;
    }
}
