using GpuCtr.Kernels.Interactions;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Sum pooling: y_b = Σ_d x_bd.</summary>
internal static class SumPoolingCases
{
    private readonly record struct Shape(int B, int D, int H, bool InputOfTwo = false, int Capacity = 0);

    private static readonly Shape[] Shapes = [new(1, 1, 1), new(5, 3, 2), new(70, 4, 33), new(3, 10, 16), new(4, 2, 7, InputOfTwo: true), new(4, 3, 5, Capacity: 9)];

    public static IEnumerable<OpCase> All() => OpCase.Each("sum pooling", Shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity) = (new(s.B, true), s.Capacity);
        Tensor x = t.Batch("x", s.H, terms: 2, kind: RowKind.PartOfExample(s.D));
        Tensor[] outputs = [.. Enumerable.Range(0, s.InputOfTwo ? 2 : 1).Select(i => t.Output($"y{i}", s.H, terms: s.D))];
        foreach (Tensor y in outputs)
            t.Op(new SumPooling(t.Device, x, y));
        t.Reference(v =>
        {
            foreach (Tensor y in outputs)
                for (int i = 0; i < s.B * s.H; i++)
                    v[y][i] = Enumerable.Range(0, s.D).Sum(d => v[x][(i / s.H * s.D + d) * s.H + i % s.H]);
        });
    }
}
