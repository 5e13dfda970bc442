using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>PositionEmbedding, x + p, over lists shorter and longer than there are vectors of places.</summary>
internal static class PositionEmbeddingCases
{
    private readonly record struct Shape(int Lists, int Longest, int Places, int E, int Capacity = 0, bool Gradient = true, bool Shared = false);

    private static readonly Shape[] shapes =
    [
        new(1, 1, 1, 1), new(5, 4, 6, 3), new(9, 7, 3, 17), new(4, 5, 1, 4), new(70, 3, 3, 5), new(3, 8, 20, 40, Capacity: 31), new(6, 4, 3, 8, Gradient: false), new(5, 4, 3, 6, Shared: true), new(200, 5, 4, 2),
    ];

    public static IEnumerable<OpCase> All() => OpCase.Each("position embedding", shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        ListTrial lists = new(t, s.Lists, s.Longest, s.Capacity);
        Tensor x = t.Batch("x", s.E, s.Gradient), p = t.Parameter("p", s.Places, s.E, terms: lists.Starts[^1]), y = t.Output("y", s.E);
        t.Op(new PositionEmbedding(t.Workspace, lists.Items, x, p, y));
        if (s.Shared)
            t.ReadAgain(x);
        t.Reference(v =>
        {
            for (int list = 0; list < s.Lists; list++)
                foreach ((int place, int row) in lists.RowsOf(list).Index())
                    for (int e = 0; e < s.E; e++)
                        v[y][row * s.E + e] = v[x][row * s.E + e] + v[p][Math.Min(place, s.Places - 1) * s.E + e];
        });
    }
}
