using GpuCtr.Kernels.Attention;

namespace GpuCtr.Kernels.Recurrent;

/// <summary>The rows of a batch from the longest history to the shortest, ties in their order: in any range of them, the rows that still have a position come first.</summary>
internal sealed unsafe class RowsByLength(BehaviourHistory history)
{
    private readonly int[] rows = new int[history.Vectors.Rows], starts = new int[history.MaxLength + 2];

    /// <summary>Row number <paramref name="i"/> in this order.</summary>
    public int this[int i] => rows[i];

    /// <summary>Sorts the first <paramref name="count"/> rows of a batch by counting.</summary>
    public void Sort(int count)
    {
        Array.Clear(starts);
        int longest = starts.Length - 2;
        for (int b = 0; b < count; b++)
            starts[longest - Length(b) + 1]++;
        for (int i = 1; i < starts.Length; i++)
            starts[i] += starts[i - 1];
        for (int b = 0; b < count; b++)
            rows[starts[longest - Length(b)]++] = b;
    }

    /// <summary>Positions of row b.</summary>
    public int Length(int b) => history.Offsets.Pointer[b + 1] - history.Offsets.Pointer[b];
}
