using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Add: y = a + b (+ c).</summary>
internal static class AddCases
{
    private readonly record struct Shape(int B, int H, int Terms, int Capacity = 0);

    private static readonly Shape[] shapes = [new(1, 1, 2), new(5, 1, 3), new(37, 3, 2), new(33, 17, 3), new(5, 3, 3, Capacity: 9)];

    public static IEnumerable<OpCase> All() =>
        [.. OpCase.Each("add", shapes, Record), new("add", "a tensor and itself", Twice), new("add", "inputs of two sums", Shared)];

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity) = (new(s.B, true), s.Capacity);
        Tensor[] inputs = Enumerable.Range(0, s.Terms).Select(i => t.Batch($"x{i}", s.H)).ToArray();
        Tensor y = t.Output("y", s.H);
        t.Op(new Add(t.Device, y, inputs));
        t.Reference(v => Sum(v, y, inputs));
    }

    private static void Twice(Trial t)
    {
        t.Pass = new(6, true);
        Tensor x = t.Batch("x", 2), y = t.Output("y", 2);
        t.Op(new Add(t.Device, y, x, x));
        t.Reference(v => Sum(v, y, x, x));
    }

    private static void Shared(Trial t)
    {
        t.Pass = new(6, true);
        Tensor a = t.Batch("a", 2), b = t.Batch("b", 2), c = t.Batch("c", 2), y = t.Output("y", 2), z = t.Output("z", 2);
        t.Op(new Add(t.Device, y, a, b, c));
        t.Op(new Add(t.Device, z, c, a));
        t.Reference(v => { Sum(v, y, a, b, c); Sum(v, z, c, a); });
    }

    private static void Sum(ReferenceValues v, Tensor y, params Tensor[] inputs)
    {
        for (int i = 0; i < v[y].Length; i++)
            v[y][i] = inputs.Sum(x => v[x][i]);
    }
}
