using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Linear, and through it MatMul: y = f(x Wᵀ + b).</summary>
internal static class LinearCases
{
    private readonly record struct Shape(int B, int K, int N, bool Relu = false, bool Bias = true, int Capacity = 0, bool ClearOfZero = false, int Groups = 1);

    private static readonly Shape[] Shapes =
    [
        new(1, 1, 1), new(1, 1, 1, Relu: true, Bias: false), new(5, 3, 2), new(5, 3, 2, Relu: true), new(1, 7, 4, Bias: false),
        new(37, 45, 19), new(37, 45, 19, Relu: true), new(12, 32, 32, Relu: true, Bias: false), new(97, 33, 65), new(96, 192, 64),
        new(200, 130, 70, Relu: true), new(13, 400, 33, Relu: true), new(13, 400, 33, Bias: false), new(401, 5, 1), new(23, 193, 48),
        new(11, 20, 31, Relu: true, Capacity: 16), new(1, 40, 9, Capacity: 100),
        // Nine blocks of rows take the path that packs every panel in advance and gives a task all panels.
        new(800, 9, 40),
        // Tiled: three parts of K, the last one shorter, and two tiles in each direction; K of one slice, and of whole slices plus one element.
        new(777, 70, 66, Relu: true), new(65, 8, 64), new(64, 65, 129, Bias: false),
        // Tensor cores: several tiles, cut off on all sides; a rectifier whose sign rounding cannot change.
        new(140, 130, 150, Relu: true, ClearOfZero: true), new(130, 37, 300), new(9, 300, 130, Relu: true, Capacity: 12, ClearOfZero: true),
        // Column sums in three levels of 64 rows, the last block of each level shorter.
        new(4700, 3, 2),
        // Layers side by side: fewer columns than a tile, more than one, rows packed in advance, parts of K.
        new(5, 6, 9, Bias: false, Groups: 3), new(37, 80, 20, Bias: false, Groups: 5), new(800, 34, 80, Relu: true, Bias: false, Groups: 2), new(520, 18, 12, Bias: false, Groups: 2, Capacity: 525),
    ];

    public static IEnumerable<OpCase> All() =>
        OpCase.Each("linear", Shapes, Single, s => !s.Relu || s.ClearOfZero)
            .Append(new OpCase("linear", "B7 K10 N6 input of two", t => Shared(t, 7, 10, 6), Multilinear: true))
            .Append(new OpCase("linear", "B50 K200 N40 input of two", t => Shared(t, 50, 200, 40), Multilinear: true))
            .Append(new OpCase("linear", "B7 K10 N6 input without a gradient", Frozen));

    private static void Single(Trial t, Shape s)
    {
        (t.Pass, t.Capacity) = (new(s.B, true), s.Capacity);
        Tensor x = t.Batch("x", s.K, terms: s.N);
        // Twice √K is six standard deviations of the sum that it is added to.
        Layer(t, x, "y", s.N, s.Relu, s.Bias, s.ClearOfZero ? j => (j % 2 == 0 ? 2 : -2) * MathF.Sqrt(s.K) : null, s.Groups);
    }

    /// <summary>Two layers read x: the layer recorded last writes dx, the first one adds to it.</summary>
    private static void Shared(Trial t, int rows, int k, int n)
    {
        t.Pass = new(rows, true);
        Tensor x = t.Batch("x", k, terms: n * 2);
        Action<ReferenceValues> first = Layer(t, x, "y1", n, relu: false, bias: true), second = Layer(t, x, "y2", n + 1, relu: false, bias: false);
        t.Reference(v => { first(v); second(v); });
    }

    private static void Frozen(Trial t)
    {
        t.Pass = new(7, true);
        Layer(t, t.Batch("x", 10, gradient: false), "y", 6, relu: true, bias: true);
    }

    private static Action<ReferenceValues> Layer(Trial t, Tensor x, string name, int n, bool relu, bool bias, Func<int, float>? biases = null, int groups = 1)
    {
        int rows = t.Pass.Rows, k = x.Columns / groups;
        Tensor w = t.Parameter($"{name} W", n, k, terms: rows);
        Tensor? b = bias ? t.Parameter($"{name} b", 1, n, terms: rows, fill: biases) : null;
        Tensor y = t.Output(name, n, terms: k);
        t.Op(new Linear(t.Workspace, x, w, b, y, relu, groups));
        void Formula(ReferenceValues v)
        {
            if (groups == 1)
                ReferenceValues.Linear(v[x], v[w], b is null ? null : v[b], rows, n, k, v[y]);
            else
                Grouped(v[x], v[w], v[y]);
            for (int i = 0; i < rows * n && relu; i++)
                v[y][i] = v.Rectify(v[y][i]);
        }
        t.Reference(Formula);
        return Formula;

        void Grouped(double[] from, double[] weights, double[] to)
        {
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < n; j++)
                {
                    to[i * n + j] = 0;
                    for (int l = 0; l < k; l++)
                        to[i * n + j] += from[i * x.Columns + j / (n / groups) * k + l] * weights[j * k + l];
                }
        }
    }
}
