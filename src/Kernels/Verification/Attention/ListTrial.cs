using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>The lists of a trial: the first has the most items, the second one item; the examples of the batch are their items.</summary>
internal sealed class ListTrial
{
    /// <param name="t">The trial, whose pass is set.</param>
    /// <param name="lists">L, at least 1.</param>
    /// <param name="longest">The most items of a list, at least 1.</param>
    /// <param name="capacity">Rows that buffers are planned for; 0: as many as there are items.</param>
    public ListTrial(Trial t, int lists, int longest, int capacity)
    {
        Random random = t.Random("lengths");
        Lengths = [.. Enumerable.Range(0, lists).Select(list => list == 0 ? longest : list == 1 ? 1 : 1 + random.Next(longest))];
        Starts = [.. Enumerable.Range(0, lists + 1).Select(list => Lengths.Take(list).Sum())];
        int rows = Starts[^1];
        (t.Pass, t.Capacity) = (new(rows, true, [lists]), capacity);
        Items = SequenceItems.OfLists(
            Ints(t, "starts", Math.Max(rows, capacity) + 1, Starts), Ints(t, "lists", Math.Max(rows, capacity), [.. Lengths.SelectMany((length, list) => Enumerable.Repeat(list, length))]));
    }

    /// <summary>(L) items of each list.</summary>
    public int[] Lengths { get; }

    /// <summary>(L + 1) where each list begins among the rows.</summary>
    public int[] Starts { get; }

    /// <summary>The lists on the device.</summary>
    public SequenceItems Items { get; }

    /// <summary>The rows of a list.</summary>
    public IEnumerable<int> RowsOf(int list) => Enumerable.Range(Starts[list], Lengths[list]);

    private static DeviceArray<int> Ints(Trial t, string name, int length, int[] values)
    {
        DeviceArray<int> array = t.Workspace.Array<int>(name, length);
        t.Upload(array, values);
        return array;
    }
}
