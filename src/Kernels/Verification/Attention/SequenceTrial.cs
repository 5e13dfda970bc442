using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Keys that are gathered from a table.</summary>
/// <param name="History">The history.</param>
/// <param name="Table">(V, D).</param>
/// <param name="Ids">(G, T) the row of each column and position.</param>
internal sealed record Keys(BehaviourHistory History, Tensor Table, int[][] Ids);

/// <summary>The jagged histories of a trial: the first has the maximum length and the second is empty. Without a target, items are predicted at some entries.</summary>
internal sealed class SequenceTrial
{
    private const int TableRows = 9, GradientOffset = 3;

    private readonly Trial t;
    private readonly int capacity;
    private readonly int[] rowOf;

    public SequenceTrial(Trial t, int rows, int maxLength, int capacity, bool target = true)
    {
        (this.t, this.capacity, HasTarget) = (t, Math.Max(rows, capacity), target);
        Random random = t.Random("lengths");
        Lengths = [.. Enumerable.Range(0, rows).Select(b => b == 0 ? maxLength : b == 1 ? 0 : random.Next(maxLength + 1))];
        Ends = Starts(Lengths.Select(length => length + (target ? 1 : 0)))[1..];
        rowOf = [.. Enumerable.Range(0, rows).SelectMany(b => Enumerable.Repeat(b, Lengths[b] + (target ? 1 : 0)))];
        Places = this.capacity * Math.Max(1, maxLength);
        // The third sequence has no prediction.
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
    public int RowOf(int item) => rowOf[item];

    /// <summary>A history of E columns without keys, for ops that read only its shape.</summary>
    public BehaviourHistory History(int e)
    {
        Tensor table = t.Workspace.Tensor("no keys", 1, e);
        return History(table, table, t.Workspace.Tensor("no vectors", capacity, e), [0], [0], HasTarget ? [0] : [], 0);
    }

    /// <summary>A history whose keys are gathered from a table, with the scatter-add of their gradients.</summary>
    /// <param name="g">Columns of the history.</param>
    /// <param name="d">D, width of each.</param>
    /// <param name="vectors">(B, ·) field vectors, or any tensor if no op reads a target.</param>
    /// <param name="targets">(G) the target's fields in them; empty without a target.</param>
    /// <param name="terms">Terms of a gradient of the table.</param>
    public Keys KeysOf(int g, int d, Tensor vectors, int[] targets, int terms)
    {
        Random random = t.Random("ids");
        int[][] ids = [.. Enumerable.Range(0, g).Select(_ => Enumerable.Range(0, Tokens).Select(_ => 1 + random.Next(TableRows - 1)).ToArray())];
        int[] bases = [.. Enumerable.Range(0, g).Select(column => column * Places)];
        Tensor table = t.Parameter("table", TableRows, d, terms: terms, gradientStart: 0), rowGradients = t.Workspace.Tensor("row gradients", GradientOffset + g * Places, d);
        SortedLookups sorted = Positions.Of(t, g * Places, TableRows, ids.SelectMany((row, column) => row.Select((id, i) => (id, GradientOffset + bases[column] + i))));
        TableGradient scatter = new(t.Workspace, table, rowGradients, table.Gradient!, sorted, compact: false, l2: 0);
        t.Backward(_ => scatter.Run());
        return new(History(table, rowGradients, vectors, [.. ids.SelectMany(row => row.Concat(new int[Places - Tokens]))], bases, targets, GradientOffset), table, ids);
    }

    public BehaviourHistory History(Tensor table, Tensor rowGradients, Tensor vectors, int[] rows, int[] bases, int[] targets, int gradientOffset) => new(
        table, rowGradients, vectors, Ints("rows", rows.Length, rows), Ints("bases", bases.Length, bases), Ints("targets", targets.Length, targets),
        Ints("offsets", capacity + 1, Starts(Lengths)), Ints("owners", Places, [.. Lengths.SelectMany((length, b) => Enumerable.Repeat(b, length))]), 0, Places, gradientOffset)
    {
        Predictions = HasTarget ? null : new(
            Ints("predicted", Math.Max(1, t.PredictionCapacity), Predicted), Ints("starts", capacity + 1, Starts(Lengths.Select((_, b) => Predicted.Count(entry => RowOf(entry) == b))))),
    };

    private static int[] Starts(IEnumerable<int> counts)
    {
        List<int> starts = [0];
        foreach (int count in counts)
            starts.Add(starts[^1] + count);
        return [.. starts];
    }

    private DeviceArray<int> Ints(string name, int length, int[] values)
    {
        DeviceArray<int> array = t.Workspace.Array<int>(name, length);
        t.Upload(array, values);
        return array;
    }
}
