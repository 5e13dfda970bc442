using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>The SIMD matrix product with 512-bit and with 256-bit tiles, every transposition, as a triple loop.</summary>
internal static unsafe class GemmCases
{
    private readonly record struct Shape(int M, int N, int K, bool TransposeA = false, bool TransposeB = false, bool Accumulate = false, bool Bias = false, bool Relu = false);

    private static readonly Shape[] sizes = [new(1, 1, 1), new(5, 2, 3), new(12, 32, 7), new(6, 16, 8), new(37, 19, 45), new(97, 65, 33), new(13, 33, 400), new(800, 40, 20)];

    public static IEnumerable<OpCase> All() => OpCase.Each(
        "gemm", sizes.SelectMany(s => new[] { s with { TransposeB = true, Bias = true, Relu = true }, s with { TransposeA = true }, s with { Accumulate = true } }), Record)
        .Select(c => c with { SimdOnly = true });

    private static void Record(Trial t, Shape s)
    {
        Tensor a = t.Parameter("A", s.TransposeA ? s.K : s.M, s.TransposeA ? s.M : s.K, gradient: false);
        Tensor b = t.Parameter("B", s.TransposeB ? s.N : s.K, s.TransposeB ? s.K : s.N, gradient: false);
        Tensor bias = t.Parameter("bias", 1, s.N, gradient: false), c = Product("C"), narrow = Product("C with tiles of 256 bits");
        t.Forward(_ =>
        {
            Run(c, wide: true);
            Run(narrow, wide: false);
        });
        t.Reference(v =>
        {
            for (int i = 0; i < s.M; i++)
                for (int j = 0; j < s.N; j++)
                {
                    double sum = (s.Accumulate ? v[c][i * s.N + j] : 0) + (s.Bias ? v[bias][j] : 0);
                    for (int k = 0; k < s.K; k++)
                        sum += v[a][s.TransposeA ? k * s.M + i : i * s.K + k] * v[b][s.TransposeB ? j * s.K + k : k * s.N + j];
                    v[c][i * s.N + j] = v[narrow][i * s.N + j] = s.Relu ? v.Rectify(sum) : sum;
                }
        });

        Tensor Product(string name)
        {
            Random random = t.Random("C");
            return t.State(t.Workspace.Tensor(name, s.M, s.N), _ => s.Accumulate ? random.NextSingle() * 2 - 1 : float.NaN, s.K);
        }

        void Run(Tensor product, bool wide)
        {
            using Gemm gemm = new(t.Device.Team!, wide);
            gemm.Run(
                product.Pointer, s.TransposeA ? Gemm.Matrix.Transposed(a.Pointer, s.M) : Gemm.Matrix.RowMajor(a.Pointer, s.K),
                s.TransposeB ? Gemm.Matrix.Transposed(b.Pointer, s.K) : Gemm.Matrix.RowMajor(b.Pointer, s.N),
                s.M, s.N, s.K, s.Accumulate, s.Bias ? bias.Pointer : null, s.Relu);
        }
    }
}
