using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Concat: y = [a, b].</summary>
internal static class ConcatCases
{
    private readonly record struct Shape(int B, int HA, int HB, int Capacity = 0, bool InputsOfTwo = false);

    private static readonly Shape[] shapes = [new(1, 1, 1), new(5, 3, 2), new(37, 16, 19), new(100, 40, 1), new(4, 7, 20, Capacity: 9), new(6, 3, 4, InputsOfTwo: true)];

    public static IEnumerable<OpCase> All() => OpCase.Each("concat", shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity) = (new(s.B, true), s.Capacity);
        Tensor a = t.Batch("a", s.HA), b = t.Batch("b", s.HB), y = t.Output("y", s.HA + s.HB);
        t.Op(new Concat(t.Device, y, a, b));
        Tensor? z = s.InputsOfTwo ? t.Output("z", s.HA + s.HB) : null;
        if (z is not null)
            t.Op(new Concat(t.Device, z, b, a));
        t.Reference(v =>
        {
            Join(v, y, a, b);
            if (z is not null)
                Join(v, z, b, a);
        });

        void Join(ReferenceValues v, Tensor to, Tensor left, Tensor right)
        {
            for (int i = 0; i < s.B; i++)
                for (int j = 0; j < to.Columns; j++)
                    v[to][i * to.Columns + j] = j < left.Columns ? v[left][i * left.Columns + j] : v[right][i * right.Columns + j - left.Columns];
        }
    }
}
