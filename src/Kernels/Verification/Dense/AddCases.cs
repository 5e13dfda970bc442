using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Add: y = a + b (+ c).</summary>
internal static class AddCases
{
    public static IEnumerable<OpCase> All()
    {
        foreach ((int rows, int columns, int terms) in new[] { (1, 1, 2), (5, 1, 3), (37, 3, 2), (33, 17, 3) })
            yield return new OpCase("add", $"{rows}x{columns} of {terms}", t => Record(t, rows, columns, 0, terms));
        yield return new OpCase("add", "5x3 of 3 capacity 9", t => Record(t, 5, 3, 9, 3));
        yield return new OpCase("add", "6x2 of a tensor and itself", Twice);
        yield return new OpCase("add", "6x2 input of two sums", Shared);
    }

    private static void Record(Trial t, int rows, int columns, int capacity, int terms)
    {
        (t.Pass, t.Capacity) = (new(rows, true), capacity);
        Tensor[] inputs = Enumerable.Range(0, terms).Select(i => t.Batch($"x{i}", columns)).ToArray();
        Tensor y = t.Output("y", columns);
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
