using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Reshape: the matrix of an example, (Height, Width), in one row or in Height rows, becomes its transpose or keeps its order.</summary>
internal static class ReshapeCases
{
    private readonly record struct Shape(int B, int Height, int Width, bool Transposed, bool InputOfTwo = false, bool FromRows = false, int Capacity = 0);

    private static readonly Shape[] Shapes =
    [
        new(1, 1, 1, true), new(5, 3, 2, true), new(70, 4, 9, true), new(3, 10, 16, true), new(4, 2, 7, true, InputOfTwo: true), new(4, 3, 5, true, Capacity: 9), new(5, 1, 4, true), new(5, 4, 1, true),
        new(1, 1, 1, false), new(70, 4, 9, false), new(4, 2, 7, false, InputOfTwo: true), new(4, 3, 5, false, FromRows: true, Capacity: 9), new(6, 3, 4, true, FromRows: true),
    ];

    public static IEnumerable<OpCase> All() => OpCase.Each("reshape", Shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity) = (new(s.B, true), s.Capacity);
        Tensor x = s.FromRows ? t.Batch("x", s.Width, kind: RowKind.PartOfExample(s.Height)) : t.Batch("x", s.Height * s.Width);
        Tensor[] outputs = [.. Enumerable.Range(0, s.InputOfTwo ? 2 : 1).Select(i => Output(t, s, $"y{i}"))];
        foreach (Tensor y in outputs)
            t.Op(new Reshape(t.Device, x, y, s.Transposed));
        t.Reference(v =>
        {
            foreach (Tensor y in outputs)
                for (int b = 0; b < s.B; b++)
                    for (int i = 0; i < s.Height; i++)
                        for (int j = 0; j < s.Width; j++)
                            v[y][b * s.Height * s.Width + (s.Transposed ? j * s.Height + i : i * s.Width + j)] = v[x][(b * s.Height + i) * s.Width + j];
        });
    }

    private static Tensor Output(Trial t, Shape s, string name) =>
        s.Transposed ? t.Output(name, s.Height, kind: RowKind.PartOfExample(s.Width))
        : s.FromRows ? t.Output(name, s.Height * s.Width) : t.Output(name, s.Width, kind: RowKind.PartOfExample(s.Height));
}
