using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>MultiHeadAttention, query by query and head by head; every item is a query, or only the target, or the entries at which items are predicted; with and without a causal mask.</summary>
internal static class MultiHeadAttentionCases
{
    private enum Queries
    {
        Items,
        Targets,
        Predictions,
    }

    private readonly record struct Shape(
        int B, int E, int H, int MaxLength, int Capacity = 0, bool SharedInputs = false, bool Gradients = true, float Scale = 1, bool TargetAsks = false, bool Scaled = true);

    // Sequences without a target.
    private readonly record struct Open(
        int B, int E, int H, int MaxLength, Queries Asks, bool Causal, int Capacity = 0, bool SharedInputs = false, bool Gradients = true);

    private readonly record struct OfLists(int Lists, int E, int H, int Longest, int Capacity = 0, bool SharedInputs = false);

    private static readonly Shape[] Shapes =
    [
        new(1, 1, 1, 1), new(1, 4, 2, 0), new(5, 3, 1, 4), new(5, 6, 2, 4), new(9, 16, 2, 6), new(4, 64, 8, 20), new(3, 40, 2, 17), new(6, 34, 2, 33), new(20, 8, 8, 3), new(2, 10, 2, 40),
        new(3, 15, 3, 8, Capacity: 11), new(4, 5, 1, 0, Capacity: 6), new(5, 12, 3, 5, SharedInputs: true), new(4, 8, 2, 5, Gradients: false), new(6, 8, 2, 6, Scale: 60), new(5, 6, 2, 4, Scaled: false),
    ];

    private static readonly Open[] OpenShapes =
    [
        new(1, 1, 1, 1, default, true), new(1, 4, 2, 0, default, true), new(5, 6, 2, 4, default, true), new(6, 34, 2, 33, default, true), new(3, 10, 2, 70, default, true),
        new(3, 15, 3, 8, default, true, Capacity: 11), new(5, 12, 3, 5, default, true, SharedInputs: true), new(4, 8, 2, 5, default, true, Gradients: false),
    ];

    private static readonly OfLists[] ListShapes = [new(1, 1, 1, 2), new(5, 6, 2, 4, Capacity: 30), new(4, 40, 4, 35), new(20, 8, 8, 3, SharedInputs: true)];

    public static IEnumerable<OpCase> All() =>
    [
        .. OpCase.Each("multi-head attention", Shapes.SelectMany(s => new[] { s with { TargetAsks = true }, s }), Record),
        .. OpCase.Each("multi-head attention", ListShapes, RecordLists),
        .. OpCase.Each("multi-head attention", OpenShapes.SelectMany(s => new[] { s, s with { Causal = false, Asks = Queries.Predictions }, s with { Asks = Queries.Predictions } }).Append(new(5, 6, 2, 4, default, false)), RecordOpen),
    ];

    private static void Record(Trial t, Shape s) =>
        Record(t, s, new(t, s.B, s.MaxLength, s.Capacity), s.TargetAsks ? Queries.Targets : Queries.Items, causal: false);

    private static void RecordOpen(Trial t, Open s) => Record(
        t, new(s.B, s.E, s.H, s.MaxLength, s.Capacity, s.SharedInputs, s.Gradients), new(t, s.B, s.MaxLength, s.Capacity, target: false), s.Asks, s.Causal);

    /// <summary>The items of a list are examples of the batch, and all of them are queries.</summary>
    private static void RecordLists(Trial t, OfLists s)
    {
        ListTrial lists = new(t, s.Lists, s.Longest, s.Capacity);
        Record(
            t, new(s.Lists, s.E, s.H, s.Longest, s.Capacity, s.SharedInputs), lists.Items, RowKind.Batch, [.. Enumerable.Range(0, lists.Starts[^1])],
            row => [.. lists.RowsOf(Enumerable.Range(0, s.Lists).Last(list => lists.Starts[list] <= row))], causal: false);
    }

    private static void Record(Trial t, Shape s, SequenceTrial sequences, Queries queries, bool causal)
    {
        RowKind queryRows = queries == Queries.Targets ? RowKind.Batch : queries == Queries.Items ? sequences.Items : RowKind.Prediction;
        int[] queryItems = queries switch { Queries.Items => [.. Enumerable.Range(0, sequences.Ends[^1])], Queries.Targets => [.. sequences.Ends.Select(end => end - 1)], _ => sequences.Predicted };
        Record(t, s, sequences.History(s.E).Items, queryRows, queryItems, item => sequences.ItemsOf(sequences.RowOf(item)), causal);
    }

    /// <param name="t">The trial.</param>
    /// <param name="s">Its shape.</param>
    /// <param name="sequences">The sequences on the device.</param>
    /// <param name="queryRows">The row kind of the queries.</param>
    /// <param name="queryItems">The items whose queries they are.</param>
    /// <param name="sequenceOf">The items of the sequence that an item belongs to.</param>
    /// <param name="causal">Whether an item attends only to those before it.</param>
    private static void Record(Trial t, Shape s, SequenceItems sequences, RowKind queryRows, int[] queryItems, Func<int, int[]> sequenceOf, bool causal)
    {
        RowKind items = sequences.Rows;
        int terms = s.MaxLength + 1, d = s.E / s.H;
        Random random = t.Random("q");
        Tensor q = t.Batch("q", s.E, s.Gradients, terms, _ => s.Scale * (random.NextSingle() * 2 - 1), queryRows);
        Tensor k = t.Batch("k", s.E, s.Gradients, (int)(terms * s.Scale * s.Scale), kind: items), v = t.Batch("v", s.E, terms: terms, kind: items);
        Tensor y = t.Output("y", s.E, terms: terms, kind: queryRows);
        t.Op(new MultiHeadAttention(t.Workspace, sequences, q, k, v, s.H, y, causal, s.Scaled));
        if (s.SharedInputs)
            t.ReadAgain(q, k, v);
        t.Reference(r =>
        {
            for (int question = 0; question < queryItems.Length; question++)
            {
                int[] row = sequenceOf(queryItems[question]), seen = [.. row.Where(item => !causal || item <= queryItems[question])];
                for (int head = 0; head < s.H; head++)
                    Answer(r[q].AsSpan(question * s.E + head * d, d), r[y].AsSpan(question * s.E + head * d, d), seen, head * d, r[k], r[v]);
            }
        });

        void Answer(ReadOnlySpan<double> question, Span<double> answer, int[] row, int column, double[] keys, double[] values)
        {
            double[] powers = new double[row.Length];
            for (int i = 0; i < row.Length; i++)
            {
                double score = 0;
                for (int c = 0; c < d; c++)
                    score += question[c] * keys[row[i] * s.E + column + c];
                powers[i] = Math.Exp(s.Scaled ? score / Math.Sqrt(d) : score);
            }
            double total = powers.Sum();
            answer.Clear();
            for (int i = 0; i < row.Length; i++)
                for (int c = 0; c < d; c++)
                    answer[c] += powers[i] / total * values[row[i] * s.E + column + c];
        }
    }
}
