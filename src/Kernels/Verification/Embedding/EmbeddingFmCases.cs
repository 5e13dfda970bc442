using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>EmbeddingFm with the scatter-add of both tables: pairs Σ_{i&lt;j} ⟨e_i, e_j⟩ one by one, not by the square of the sum.</summary>
internal static class EmbeddingFmCases
{
    private readonly record struct Shape(
        int B, int F, int N, int D, bool NumericInFm = true, bool E = true, bool FirstOrder = true, bool Fm = true, int Capacity = 0, int P = 0, bool VectorsOnly = false)
    {
        public int C => F + N + P;
    }

    private static readonly Shape[] Shapes =
    [
        new(1, 1, 0, 1), new(3, 2, 0, 3), new(7, 3, 2, 4), new(5, 4, 1, 10), new(9, 5, 3, 16), new(6, 3, 2, 17), new(5, 4, 3, 40), new(4, 0, 3, 5), new(4, 0, 1, 16),
        new(150, 3, 1, 4), new(300, 2, 0, 16), new(7, 26, 13, 16), new(7, 3, 2, 4, NumericInFm: false), new(9, 2, 3, 18, NumericInFm: false), new(4, 0, 2, 5, NumericInFm: false),
        new(5, 3, 2, 6, E: false), new(5, 3, 2, 6, Fm: false), new(5, 3, 2, 6, FirstOrder: false), new(5, 3, 2, 20, E: false, FirstOrder: false),
        new(5, 3, 2, 20, E: false, Fm: false), new(5, 3, 2, 20, Fm: false, FirstOrder: false),
        new(5, 3, 2, 0, E: false, Fm: false), new(6, 4, 0, 0, E: false, Fm: false), new(6, 3, 2, 8, Capacity: 200), new(1, 3, 2, 17, Capacity: 7),
        new(5, 3, 2, 6, P: 2), new(9, 2, 1, 17, NumericInFm: false, P: 3), new(6, 0, 0, 4, P: 2), new(5, 2, 2, 0, E: false, Fm: false, P: 2), new(140, 2, 1, 5, P: 1, Capacity: 150),
        new(5, 3, 2, 6, VectorsOnly: true), new(9, 4, 0, 20, VectorsOnly: true), new(7, 2, 1, 16, P: 2, VectorsOnly: true, Capacity: 10),
        new(45, 5, 2, 12, P: 1, Capacity: 50), new(3, 9, 1, 260), new(70, 4, 1, 8, NumericInFm: false, E: false),
    ];

    public static IEnumerable<OpCase> All() => OpCase.Each("embedding FM", Shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity) = (new(s.B, true), s.Capacity);
        int capacity = Math.Max(s.B, s.Capacity), c = s.C, vocabulary = 6 * Math.Max(1, s.F);
        DeviceArray<int> rows = t.Workspace.Array<int>("rows", (long)capacity * s.F);
        Random random = t.Random("rows");
        // Field f draws from rows 6f … 6f+5, of which the first is padding; squaring makes low ids frequent.
        int[] ids = Enumerable.Range(0, s.B * s.F).Select(i => i % s.F * 6 + (int)(random.NextDouble() * random.NextDouble() * 6)).ToArray();
        t.Upload(rows, ids);
        Tensor x = t.Batch("x", s.N, gradient: false);
        // Row 0 of each vocabulary is zero, as in a model; its gradient stays at the 0 it starts from.
        Random values = t.Random("table");
        Tensor table = t.Parameter("table", vocabulary, s.D, terms: s.B * c, fill: i => i / s.D % 6 == 0 ? 0 : values.NextSingle() - 0.5f, gradientStart: 0);
        Tensor? weights = s.VectorsOnly ? null : t.Parameter("weights", vocabulary, 1, terms: s.B, fill: i => i % 6 == 0 ? 0 : values.NextSingle() - 0.5f, gradientStart: 0);
        Tensor v = t.Parameter("V", s.N, s.D, terms: s.B * c);
        Tensor? u = s.VectorsOnly ? null : t.Parameter("u", 1, s.N, terms: s.B), bias = s.VectorsOnly ? null : t.Parameter("bias", 1, 1, terms: s.B);
        Tensor? pooled = s.P > 0 ? t.Batch("pooled", s.P * s.D, terms: c) : null, pooledWeights = s.P > 0 && !s.VectorsOnly ? t.Batch("pooled weights", s.P) : null;
        Tensor e = t.Output("e", c * s.D, used: s.E);
        Tensor? first = s.VectorsOnly ? null : t.Output("first order", 1, terms: c, used: s.FirstOrder);
        Tensor? fm = s.VectorsOnly ? null : t.Output("fm", 1, terms: c * c * s.D, used: s.Fm);
        Tensor? rowWeights = s.VectorsOnly ? null : t.Workspace.Tensor("row weights", 0, c);
        if (rowWeights is not null)
            rowWeights.Gradient = t.Workspace.Tensor("d row weights", capacity, c);
        SortedLookups positions = Positions.Of(t, capacity * s.F, vocabulary, ids.Select((row, i) => (row, i / s.F * c + i % s.F)).Where(p => p.row % 6 != 0));
        TableGradient scatter = new(t.Workspace, table, e.Gradient!, table.Gradient!, positions, compact: false, l2: 0);
        TableGradient? scatterWeights = weights is null ? null : new(t.Workspace, weights, rowWeights!.Gradient!, weights.Gradient!, positions, compact: false, l2: 0);
        t.Backward(_ => { scatter.Run(); scatterWeights?.Run(); });
        t.Op(new EmbeddingFm(t.Workspace, new EmbeddingFmTensors(rows, x, table, weights, v, u, bias, e, rowWeights, first, fm, s.NumericInFm, pooled, pooledWeights)));
        t.Reference(r =>
        {
            for (int b = 0; b < s.B; b++)
            {
                double pairs = 0;
                for (int d = 0; d < s.D; d++)
                    for (int i = 0; i < c; i++)
                    {
                        r[e][(b * c + i) * s.D + d] = Vector(r, b, i, d);
                        for (int j = i + 1; j < c; j++)
                            pairs += InFm(i) && InFm(j) ? Vector(r, b, i, d) * Vector(r, b, j, d) : 0;
                    }
                if (s.VectorsOnly)
                    continue;
                double order1 = r[bias!][0];
                for (int i = 0; i < c; i++)
                    order1 += i < s.F ? (ids[b * s.F + i] % 6 == 0 ? 0 : r[weights!][ids[b * s.F + i]])
                        : i < s.F + s.N ? r[x][b * s.N + i - s.F] * r[u!][i - s.F] : r[pooledWeights!][b * s.P + i - s.F - s.N];
                (r[first!][b], r[fm!][b]) = (order1, pairs);
            }
        });

        bool InFm(int field) => s.NumericInFm || field < s.F || field >= s.F + s.N;

        double Vector(ReferenceValues r, int b, int field, int d) => field >= s.F + s.N ? r[pooled!][b * s.P * s.D + (field - s.F - s.N) * s.D + d]
            : field >= s.F ? r[x][b * s.N + field - s.F] * r[v][(field - s.F) * s.D + d]
            : ids[b * s.F + field] % 6 == 0 ? 0 : r[table][ids[b * s.F + field] * s.D + d];
    }
}
