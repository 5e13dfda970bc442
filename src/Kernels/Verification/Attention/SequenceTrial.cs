using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>The jagged histories of a trial: the first has the maximum length and the second is empty. Without a target, items are predicted at some entries.</summary>
internal sealed class SequenceTrial
{
    private readonly Trial t;
    private readonly int capacity;

    public SequenceTrial(Trial t, int rows, int maxLength, int capacity, bool target = true)
    {
        (this.t, this.capacity, HasTarget) = (t, Math.Max(rows, capacity), target);
        Random random = t.Random("lengths");
        Lengths = [.. Enumerable.Range(0, rows).Select(b => b == 0 ? maxLength : b == 1 ? 0 : random.Next(maxLength + 1))];
        Ends = [.. Enumerable.Range(1, rows).Select(b => Lengths.Take(b).Sum() + (target ? b : 0))];
        Places = this.capacity * Math.Max(1, maxLength);
        // Of the third sequence none is predicted.
        Predicted = target ? [] : [.. Enumerable.Range(0, Tokens).Where(entry => RowOf(entry) != 2 && random.Next(3) > 0)];
        (t.Pass, t.Capacity) = (new(rows, true, target ? [Tokens] : [Tokens, Predicted.Length, 0]), capacity);
        (t.TokenCapacity, t.PredictionCapacity) = (Places, Math.Max(Predicted.Length, capacity));
    }

    /// <summary>Whether each history is followed by a target.</summary>
    public bool HasTarget { get; }

    /// <summary>(B) number of positions of each example.</summary>
    public int[] Lengths { get; }

    /// <summary>T.</summary>
    public int Tokens => Lengths.Sum();

    /// <summary>Largest number of positions in a batch.</summary>
    public int Places { get; }

    /// <summary>(B) end of each example's items, target included, among all items.</summary>
    public int[] Ends { get; }

    /// <summary>(M) entries at which an item is predicted.</summary>
    public int[] Predicted { get; }

    /// <summary>The row kind of tensors over sequences.</summary>
    public RowKind Items => HasTarget ? RowKind.SequenceItem(0) : RowKind.HistoryPosition(0);

    /// <summary>The items of row b among all items.</summary>
    public int[] ItemsOf(int b) => [.. Enumerable.Range(Ends[b] - Lengths[b] - (HasTarget ? 1 : 0), Lengths[b] + (HasTarget ? 1 : 0))];

    /// <summary>The row that an item belongs to.</summary>
    public int RowOf(int item) => Enumerable.Range(0, Ends.Length).First(b => item < Ends[b]);

    /// <summary>A history of E columns without keys, for ops that read only its shape.</summary>
    public BehaviourHistory History(int e)
    {
        Tensor table = t.Workspace.Tensor("no keys", 1, e);
        return History(table, table, t.Workspace.Tensor("no vectors", capacity, e), [0], [0], HasTarget ? [0] : [], 0);
    }

    public BehaviourHistory History(Tensor table, Tensor rowGradients, Tensor vectors, int[] rows, int[] bases, int[] targets, int gradientOffset) => new(
        table, rowGradients, vectors, Ints("rows", rows.Length, rows), Ints("bases", bases.Length, bases), Ints("targets", targets.Length, targets),
        Ints("offsets", capacity + 1, Starts(Lengths)), Ints("owners", Places, [.. Lengths.SelectMany((length, b) => Enumerable.Repeat(b, length))]), 0, Places, gradientOffset)
    {
        Predictions = HasTarget ? null : new(
            Ints("predicted", Math.Max(1, t.PredictionCapacity), Predicted), Ints("starts", capacity + 1, Starts(Lengths.Select((_, b) => Predicted.Count(entry => RowOf(entry) == b))))),
    };

    private static int[] Starts(IEnumerable<int> counts) => counts.Aggregate(new List<int> { 0 }, (ends, count) => [.. ends, ends[^1] + count]).ToArray();

    private DeviceArray<int> Ints(string name, int length, int[] values)
    {
        DeviceArray<int> array = t.Workspace.Array<int>(name, length);
        t.Upload(array, values);
        return array;
    }
}
