using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Concat: y = [a, b].</summary>
internal static class ConcatCases
{
    public static IEnumerable<OpCase> All()
    {
        foreach ((int rows, int a, int b, int capacity) in new[] { (1, 1, 1, 0), (5, 3, 2, 0), (37, 16, 19, 0), (100, 40, 1, 0), (4, 7, 20, 9) })
            yield return new OpCase("concat", $"{rows}x{a}+{b}{(capacity > 0 ? $" capacity {capacity}" : "")}", t => Record(t, rows, a, b, capacity, other: false));
        yield return new OpCase("concat", "6x3+4 inputs of two", t => Record(t, 6, 3, 4, 0, other: true));
    }

    private static void Record(Trial t, int rows, int columnsA, int columnsB, int capacity, bool other)
    {
        (t.Pass, t.Capacity) = (new(rows, true), capacity);
        Tensor a = t.Batch("a", columnsA), b = t.Batch("b", columnsB), y = t.Output("y", columnsA + columnsB);
        t.Op(new Concat(t.Device, y, a, b));
        Tensor? z = other ? t.Output("z", columnsA + columnsB) : null;
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
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < to.Columns; j++)
                    v[to][i * to.Columns + j] = j < left.Columns ? v[left][i * left.Columns + j] : v[right][i * right.Columns + j - left.Columns];
        }
    }
}
