using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Interactions;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>PairWeights with the scatter-add of its table, pair by pair; some values are padding, and pairs of a row may share a bucket.</summary>
internal static class PairWeightCases
{
    private const int Vocabulary = 4;

    private readonly record struct Shape(int B, int F, int N, int Buckets, int Capacity = 0);

    private static readonly Shape[] Shapes =
        [new(1, 2, 0, 1), new(3, 1, 0, 5), new(4, 0, 3, 7), new(7, 3, 2, 11), new(9, 4, 0, 100), new(40, 13, 4, 61), new(5, 1, 1, 3), new(6, 3, 1, 9, Capacity: 30)];

    public static IEnumerable<OpCase> All() => OpCase.Each("pair weights", Shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity) = (new(s.B, true), s.Capacity);
        int places = Math.Max(s.B, s.Capacity), firstRow = s.F * Vocabulary, tableRows = firstRow + s.Buckets, before = 5;
        FieldPairs pairs = new([.. Enumerable.Range(0, s.F).Select(f => (f * Vocabulary, Vocabulary))], s.N, firstRow, s.Buckets);
        Random random = t.Random("rows");
        float[] numeric = [.. Enumerable.Range(0, s.B * s.N).Select(_ => random.NextSingle() * 2 - 1)], pairValues = new float[s.B * pairs.Count];
        int[] ids = [.. Enumerable.Range(0, s.B * s.F).Select(i => i % s.F * Vocabulary + random.Next(Vocabulary))], rows = new int[s.B * pairs.Count];
        for (int b = 0; b < s.B; b++)
            pairs.Fill(ids.AsSpan(b * s.F, s.F), numeric.AsSpan(b * s.N, s.N), rows.AsSpan(b * pairs.Count, pairs.Count), pairValues.AsSpan(b * pairs.Count, pairs.Count));
        DeviceArray<int> pairRows = t.Workspace.Array<int>("pair rows", (long)places * pairs.Count);
        t.Upload(pairRows, rows);
        Tensor x = t.Batch("x", s.N, gradient: false, fill: i => numeric[i]), v = t.Batch("v", pairs.Count, gradient: false, fill: i => pairValues[i]);
        Tensor w = t.Parameter("w", tableRows, 1, terms: rows.Length, gradientStart: 0), y = t.Output("y", 1, terms: Math.Max(1, pairs.Count));
        Tensor rowGradients = t.Workspace.Tensor("dw by lookup", before + (long)places * pairs.Count, 1);
        SortedLookups lookups = Positions.Of(t, rows.Length, tableRows, rows.Select((row, p) => (row, before + p)).Where(l => l.row != pairs.PaddingRow));
        TableGradient scatter = new(t.Workspace, w, rowGradients, w.Gradient!, lookups, compact: false, l2: 0);
        t.Backward(_ => scatter.Run());
        t.Op(new PairWeights(t.Workspace, pairs, pairRows, v, x, w, rowGradients, before, y));
        t.Reference(r =>
        {
            // Row 0 of a vocabulary is padding.
            double Value(int b, int field) => field >= s.F ? r[x][b * s.N + field - s.F] : ids[b * s.F + field] % Vocabulary == 0 ? 0 : 1;
            for (int b = 0, at = 0; b < s.B; b++)
            {
                r[y][b] = 0;
                for (int i = 0; i < pairs.C; i++)
                    for (int j = i + 1; j < pairs.C; j++, at++)
                        r[y][b] += Value(b, i) * Value(b, j) * r[w][rows[at]];
            }
        });
    }
}
