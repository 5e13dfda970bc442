using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Concat: y = [a, b], and of ranges of columns.</summary>
internal static class ConcatCases
{
    private readonly record struct Shape(int B, int HA, int HB, int Capacity = 0, bool InputsOfTwo = false);

    private static readonly Shape[] shapes = [new(1, 1, 1), new(5, 3, 2), new(37, 16, 19), new(100, 40, 1), new(4, 7, 20, Capacity: 9), new(6, 3, 4, InputsOfTwo: true)];

    public static IEnumerable<OpCase> All() => OpCase.Each("concat", shapes, Record)
        .Append(new OpCase("concat", "B5 three tensors, one twice", Several))
        .Append(new OpCase("concat", "B37 ranges of columns", Ranges));

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity) = (new(s.B, true), s.Capacity);
        Tensor a = t.Batch("a", s.HA), b = t.Batch("b", s.HB), y = t.Output("y", s.HA + s.HB);
        t.Op(new Concat(t.Device, y, Concat.Part.Of(a), Concat.Part.Of(b)));
        Tensor? z = s.InputsOfTwo ? t.Output("z", s.HA + s.HB) : null;
        if (z is not null)
            t.Op(new Concat(t.Device, z, Concat.Part.Of(b), Concat.Part.Of(a)));
        t.Reference(v =>
        {
            Join(v, s.B, y, Concat.Part.Of(a), Concat.Part.Of(b));
            if (z is not null)
                Join(v, s.B, z, Concat.Part.Of(b), Concat.Part.Of(a));
        });
    }

    private static void Several(Trial t)
    {
        t.Pass = new(5, true);
        Tensor a = t.Batch("a", 3), b = t.Batch("b", 1), c = t.Batch("c", 18);
        Concat.Part[] parts = [Concat.Part.Of(a), Concat.Part.Of(b), Concat.Part.Of(a), Concat.Part.Of(c)];
        Tensor y = t.Output("y", parts.Sum(p => p.Columns));
        t.Op(new Concat(t.Device, y, parts));
        t.Reference(v => Join(v, 5, y, parts));
    }

    /// <summary>Ranges of a, two of which overlap, recorded before an op that reads all of it.</summary>
    private static void Ranges(Trial t)
    {
        t.Pass = new(37, true);
        Tensor a = t.Batch("a", 24, terms: 3), b = t.Batch("b", 2), all = t.Output("all", 24);
        Concat.Part[] parts = [new(a, 17, 5), Concat.Part.Of(b), new(a, 0, 20), new(a, 23, 1), new(a, 4, 0)];
        Tensor y = t.Output("y", parts.Sum(p => p.Columns));
        t.Op(new Concat(t.Device, y, parts));
        t.Op(new Concat(t.Device, all, Concat.Part.Of(a)));
        t.Reference(v =>
        {
            Join(v, 37, y, parts);
            Join(v, 37, all, Concat.Part.Of(a));
        });
    }

    private static void Join(ReferenceValues v, int rows, Tensor to, params Concat.Part[] parts)
    {
        for (int i = 0; i < rows; i++)
        {
            int at = i * to.Columns;
            foreach (Concat.Part p in parts)
                for (int j = 0; j < p.Columns; j++)
                    v[to][at++] = v[p.From][i * p.From.Columns + p.First + j];
        }
    }
}
