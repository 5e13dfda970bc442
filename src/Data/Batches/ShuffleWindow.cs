using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Models.Features;

namespace GpuCtr.Data.Batches;

/// <summary>Some encoded blocks and the order of their rows.</summary>
/// <param name="Blocks">The blocks.</param>
/// <param name="Starts">(blocks + 1) first row of each block within the window.</param>
/// <param name="Order">Row numbers within the window.</param>
/// <param name="ListEnds">End of each list in the order, increasing; null: rows are independent.</param>
internal sealed record ShuffleWindow(EncodedBlock[] Blocks, int[] Starts, int[] Order, int[]? ListEnds = null)
{
    /// <summary>The rows of a part that count, in the order of the blocks.</summary>
    /// <exception cref="GpuCtrException">Usage: more rows than a window can number.</exception>
    public static ShuffleWindow Of(EncodedBlock[] blocks, RowPart part)
    {
        int[] starts = StartsOf(blocks), order = new int[starts[^1]];
        bool[] keep = new bool[blocks.Length == 0 ? 0 : blocks.Max(b => b.Rows)];
        int count = 0;
        for (int b = 0; b < blocks.Length; b++)
        {
            part.Mark(blocks[b].Source, keep.AsSpan(0, blocks[b].Rows));
            Append(blocks[b], starts[b], 0, blocks[b].Rows, keep, part, order, ref count);
        }

        Array.Resize(ref order, count);
        return new ShuffleWindow(blocks, starts, order);
    }

    /// <summary>The lists of a part, without rows that do not count, in the order of the blocks.</summary>
    /// <param name="blocks">The blocks.</param>
    /// <param name="part">Which rows.</param>
    /// <param name="lists">Where lists begin and end.</param>
    /// <param name="tails">Continuations of the last list of a block: copies of the first rows of the following blocks.</param>
    /// <exception cref="GpuCtrException">Usage: more rows than a window can number.</exception>
    public static ShuffleWindow OfLists(EncodedBlock[] blocks, RowPart part, RowLists lists, Func<int, EncodedBlock[]> tails)
    {
        int[] groups = [.. blocks.Select(b => lists.IndexOf(b.Source))];
        EncodedBlock[][] following = [.. groups.Select(tails)];
        EncodedBlock[] all = [.. blocks, .. following.SelectMany(t => t)];
        int[] starts = StartsOf(all), order = new int[starts[^1]];
        bool[] keep = new bool[all.Length == 0 ? 0 : all.Max(b => b.Rows)];
        List<int> ends = [];
        int count = 0;
        for (int b = 0, tail = blocks.Length; b < blocks.Length; tail += following[b].Length, b++)
        {
            int before = count;
            part.Mark(blocks[b].Source, keep.AsSpan(0, blocks[b].Rows));
            foreach ((int first, int end) in lists.In(groups[b]))
            {
                EndList(ends, ref before, count);
                Append(blocks[b], starts[b], first, end, keep, part, order, ref count);
            }
            for (int t = 0; t < following[b].Length; t++)
            {
                EncodedBlock rest = following[b][t];
                part.Mark(rest.Source, keep.AsSpan(0, rest.Rows));
                Append(rest, starts[tail + t], 0, rest.Rows, keep, part, order, ref count);
            }
            EndList(ends, ref before, count);
        }

        Array.Resize(ref order, count);
        return new ShuffleWindow(all, starts, order, [.. ends]);
    }

    /// <summary>The next rows that are handed out together: at most <paramref name="most"/>, and whole lists; 0 if the next list is longer.</summary>
    /// <param name="at">The first of them, in the order.</param>
    /// <param name="most">How many there is room for.</param>
    public int Whole(int at, int most)
    {
        if (ListEnds is null)
            return Math.Min(most, Order.Length - at);
        int found = Array.BinarySearch(ListEnds, at + most), last = found >= 0 ? found : ~found - 1;
        return last < 0 ? 0 : Math.Max(0, ListEnds[last] - at);
    }

    /// <summary>The list of a row: its first row, in the order, and its length. An independent row is a list of one.</summary>
    /// <param name="at">The row, in the order.</param>
    public (int First, int Count) ListAt(int at)
    {
        if (ListEnds is null)
            return (at, 1);
        int list = EndingBehind(at), first = list == 0 ? 0 : ListEnds[list - 1];
        return (first, ListEnds[list] - first);
    }

    /// <summary>Adds the lists that make up some rows to a batch.</summary>
    public void AddLists(BatchLists to, int at, int count)
    {
        for (int list = EndingBehind(at), end = at + count; at < end; at = ListEnds![list++])
            to.Add(ListEnds![list] - at);
    }

    /// <summary>The first list that ends after this position.</summary>
    private int EndingBehind(int at)
    {
        int found = Array.BinarySearch(ListEnds!, at);
        return found >= 0 ? found + 1 : ~found;
    }

    /// <summary>Another order: of the rows, or of the lists.</summary>
    public ShuffleWindow Shuffled(RandomBits random)
    {
        if (ListEnds is null)
        {
            random.Shuffle(Order);
            return this;
        }
        int[] lists = [.. Enumerable.Range(0, ListEnds.Length)], order = new int[Order.Length], ends = new int[lists.Length];
        random.Shuffle(lists);
        for (int i = 0, at = 0; i < lists.Length; ends[i] = at, i++)
        {
            int first = lists[i] == 0 ? 0 : ListEnds[lists[i] - 1];
            Order.AsSpan(first..ListEnds[lists[i]]).CopyTo(order.AsSpan(at));
            at += ListEnds[lists[i]] - first;
        }
        return this with { Order = order, ListEnds = ends };
    }

    /// <summary>The block of a row; <paramref name="hint"/> is tried first and set.</summary>
    public EncodedBlock BlockOf(int row, ref int hint)
    {
        if (row < Starts[hint] || row >= Starts[hint + 1])
        {
            int found = Array.BinarySearch(Starts, row);
            hint = found >= 0 ? found : ~found - 1;
            // Empty blocks share their start with the next one.
            while (Starts[hint + 1] <= row)
                hint++;
        }

        return Blocks[hint];
    }

    private static int[] StartsOf(EncodedBlock[] blocks)
    {
        int[] starts = new int[blocks.Length + 1];
        for (int b = 0; b < blocks.Length; b++)
        {
            long end = (long)starts[b] + blocks[b].Rows;
            if (end > Array.MaxLength)
                throw GpuCtrException.UsageError("more than 2 billion rows would be shuffled together; lower --memory");
            starts[b + 1] = (int)end;
        }

        return starts;
    }

    private static void Append(EncodedBlock block, int start, int first, int end, bool[] keep, RowPart part, int[] order, ref int count)
    {
        for (int r = first; r < end; r++)
        {
            if (keep[r] && block.Counts(r, part))
                order[count++] = start + r;
        }
    }

    /// <summary>A list without remaining rows is dropped.</summary>
    private static void EndList(List<int> ends, ref int before, int count)
    {
        if (count > before)
            ends.Add(count);
        before = count;
    }
}
