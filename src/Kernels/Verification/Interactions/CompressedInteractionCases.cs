using GpuCtr.Kernels.Interactions;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Compressed interaction: y_h = Σ_i Σ_j W_hij x_i ∘ v_j; in the first layer x is v.</summary>
internal static class CompressedInteractionCases
{
    private readonly record struct Shape(int B, int D, int I, int J, int H, bool Gradients = true, int Capacity = 0);

    private static readonly Shape[] Shapes =
    [
        new(1, 1, 1, 1, 1), new(3, 2, 2, 3, 4), new(7, 5, 4, 3, 2, Capacity: 9), new(2, 3, 1, 7, 33), new(4, 2, 3, 2, 5, Gradients: false),
        // More rows than a block and a depth of 128; fields of one and of two registers, and more of them than a panel has columns.
        new(130, 4, 3, 5, 6), new(13, 10, 20, 10, 17), new(5, 3, 6, 26, 34), new(3, 2, 3, 39, 5), new(2, 3, 5, 70, 9),
    ];

    public static IEnumerable<OpCase> All() => OpCase.Each("compressed interaction", Shapes, Record, _ => true)
        .Append(new OpCase("compressed interaction", "B9 D4 first layer of 7 fields, H5", FirstLayer, Multilinear: false));

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity) = (new(s.B, true), s.Capacity);
        RowKind kind = RowKind.PartOfExample(s.D);
        Tensor x = t.Batch("x", s.I, s.Gradients, terms: s.H * s.J, kind: kind), v = t.Batch("v", s.J, s.Gradients, terms: s.H * s.I, kind: kind);
        Layer(t, x, v, s.H, s.B * s.D);
    }

    private static void FirstLayer(Trial t)
    {
        t.Pass = new(9, true);
        Tensor v = t.Batch("v", 7, terms: 70, kind: RowKind.PartOfExample(4));
        Layer(t, v, v, 5, 36);
    }

    private static void Layer(Trial t, Tensor x, Tensor v, int maps, int rows)
    {
        int n = x.Columns, fields = v.Columns;
        Tensor w = t.Parameter("W", maps, n * fields, terms: rows), y = t.Output("y", maps, terms: n * fields, kind: x.RowKind);
        t.Op(new CompressedInteraction(t.Workspace, x, v, w, y));
        t.Reference(values =>
        {
            double[] from = values[x], vectors = values[v], weights = values[w], to = values[y];
            for (int row = 0; row < rows; row++)
                for (int h = 0; h < maps; h++)
                {
                    double sum = 0;
                    for (int i = 0; i < n; i++)
                        for (int j = 0; j < fields; j++)
                            sum += weights[(h * n + i) * fields + j] * from[row * n + i] * vectors[row * fields + j];
                    to[row * maps + h] = sum;
                }
        });
    }
}
