using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>The jagged histories of a trial: the first has the maximum length and the second is empty.</summary>
internal sealed class SequenceTrial
{
    private readonly Trial t;
    private readonly int capacity;

    public SequenceTrial(Trial t, int rows, int maxLength, int capacity)
    {
        (this.t, this.capacity) = (t, Math.Max(rows, capacity));
        Random random = t.Random("lengths");
        Lengths = [.. Enumerable.Range(0, rows).Select(b => b == 0 ? maxLength : b == 1 ? 0 : random.Next(maxLength + 1))];
        Ends = [.. Enumerable.Range(1, rows).Select(b => Lengths.Take(b).Sum() + b)];
        Places = this.capacity * Math.Max(1, maxLength);
        (t.Pass, t.Capacity, t.TokenCapacity) = (new(rows, true, [Tokens]), capacity, Places);
    }

    /// <summary>(B) number of positions of each example.</summary>
    public int[] Lengths { get; }

    /// <summary>T.</summary>
    public int Tokens => Lengths.Sum();

    /// <summary>Largest number of positions in a batch.</summary>
    public int Places { get; }

    /// <summary>(B) end of each example's items, target included, among all items.</summary>
    public int[] Ends { get; }

    /// <summary>The row kind of tensors over sequences.</summary>
    public RowKind Items => RowKind.SequenceItem(0);

    /// <summary>A history of E columns without keys, for ops that read only its shape.</summary>
    public BehaviourHistory History(int e)
    {
        Tensor table = t.Workspace.Tensor("no keys", 1, e);
        return History(table, table, t.Workspace.Tensor("no vectors", capacity, e), [0], [0], [0], 0);
    }

    public BehaviourHistory History(Tensor table, Tensor rowGradients, Tensor vectors, int[] rows, int[] bases, int[] targets, int gradientOffset) => new(
        table, rowGradients, vectors, Ints("rows", rows.Length, rows), Ints("bases", bases.Length, bases), Ints("targets", targets.Length, targets),
        Ints("offsets", capacity + 1, Lengths.Aggregate(new List<int> { 0 }, (ends, length) => [.. ends, ends[^1] + length]).ToArray()),
        Ints("owners", Places, [.. Lengths.SelectMany((length, b) => Enumerable.Repeat(b, length))]), 0, Places, gradientOffset);

    private DeviceArray<int> Ints(string name, int length, int[] values)
    {
        DeviceArray<int> array = t.Workspace.Array<int>(name, length);
        t.Upload(array, values);
        return array;
    }
}
