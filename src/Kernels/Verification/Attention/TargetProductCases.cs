using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>TargetProduct: y = u ∘ q, the fields of the target in any order among the field vectors.</summary>
internal static class TargetProductCases
{
    private readonly record struct Shape(int B, int G, int D, int Capacity = 0);

    public static IEnumerable<OpCase> All() => OpCase.Each<Shape>("target product", [new(1, 1, 1), new(5, 2, 3), new(9, 1, 16), new(37, 3, 17), new(4, 2, 5, Capacity: 9)], Record);

    private static void Record(Trial t, Shape s)
    {
        (int rows, int g, int d, int capacity) = s;
        (t.Pass, t.Capacity) = (new(rows, true), capacity);
        int fields = g + 1, e = g * d, places = Math.Max(rows, capacity);
        int[] targets = Enumerable.Range(0, g).Select(i => fields - 1 - i).ToArray();
        Tensor table = t.Workspace.Tensor("table", 1, d), vectors = t.Batch("vectors", fields * d), u = t.Batch("u", e), y = t.Output("y", e);
        DeviceArray<int> none = t.Workspace.Array<int>("none", 1), bases = t.Workspace.Array<int>("bases", g), fieldOf = t.Workspace.Array<int>("targets", g);
        t.Upload(fieldOf, targets);
        BehaviourHistory history = new(table, table, vectors, none, bases, fieldOf, none, none, 0, places, 0);
        t.Op(new TargetProduct(t.Device, history, u, y));
        // A later op must read the targets' vectors.
        t.ReadAgain(vectors);
        t.Reference(v =>
        {
            for (int i = 0; i < rows * e; i++)
                v[y][i] = v[u][i] * v[vectors][(i / e * fields + targets[i % e / d]) * d + i % d];
        });
    }
}
