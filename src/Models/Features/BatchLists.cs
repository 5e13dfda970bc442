using GpuCtr.Kernels.Devices;

namespace GpuCtr.Models.Features;

/// <summary>The lists of a batch: its rows are their items, the items of a list consecutive and in the order shown.</summary>
public sealed class BatchLists : IDisposable
{
    private readonly PinnedBuffer<int> starts, owners;
    private int added;

    internal BatchLists(Device device, int capacity)
    {
        (starts, owners) = (new(device, capacity + 1L), new(device, capacity));
        starts.Span[0] = 0;
    }

    /// <summary>Forgets all lists, for the next batch. Rows without lists are one list.</summary>
    public void Clear() => added = 0;

    /// <summary>Adds a list of the next <paramref name="items"/> rows.</summary>
    /// <exception cref="ArgumentException">It has no items, or more than the slot has rows for.</exception>
    public void Add(int items)
    {
        int first = starts.Span[added];
        if (items < 1 || items > owners.Span.Length - first)
            throw new ArgumentException($"list {added} of a batch has {items} items; a list has at least one, and a slot of {owners.Span.Length} rows has room for {owners.Span.Length - first} more");
        starts.Span[++added] = first + items;
    }

    /// <summary>(L + 1) start of each added list, and the end of the last.</summary>
    public ReadOnlySpan<int> Starts => starts.Span[..(added + 1)];

    /// <summary>L: lists of the batch; known after <see cref="Prepare"/>.</summary>
    internal int Count { get; private set; }

    /// <summary>(L + 1) the same; known after <see cref="Prepare"/>.</summary>
    internal ReadOnlySpan<int> AllStarts => starts.Span[..(Count + 1)];

    /// <summary>Checks that the lists have all rows, and notes the list of each.</summary>
    /// <exception cref="ArgumentException">The lists have more or fewer items than the batch has rows.</exception>
    internal void Prepare(int rows)
    {
        if (added == 0 && rows > 0)
            starts.Span[1] = rows;
        Count = added == 0 && rows > 0 ? 1 : added;
        if (starts.Span[Count] != rows)
            throw new ArgumentException($"the lists of a batch have {starts.Span[Count]} items together, and the batch has {rows} rows");
        for (int list = 0; list < Count; list++)
            owners.Span[starts.Span[list]..starts.Span[list + 1]].Fill(list);
    }

    /// <summary>The ranks that scores give the items of each list: 1 for the highest, equal ones in the order shown.</summary>
    /// <param name="scores">(rows).</param>
    /// <param name="ranks">(rows) output.</param>
    public void Rank(ReadOnlySpan<float> scores, Span<int> ranks)
    {
        for (int list = 0; list < Count; list++)
        {
            Range rows = starts.Span[list]..starts.Span[list + 1];
            ReadOnlySpan<float> own = scores[rows];
            Span<int> places = ranks[rows];
            for (int i = 0; i < own.Length; i++)
            {
                places[i] = 1;
                for (int j = 0; j < own.Length; j++)
                    places[i] += own[j] > own[i] || own[j] == own[i] && j < i ? 1 : 0;
            }
        }
    }

    internal void Upload(Device device, ModelInputs.GroupInputs to, int rows)
    {
        starts.Copy(device, to.Offsets, Count + 1L);
        owners.Copy(device, to.Owners, rows);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        starts.Dispose();
        owners.Dispose();
    }
}
