using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>The SIMD matrix product with 512-bit and with 256-bit tiles, every transposition, as a triple loop.</summary>
internal static unsafe class GemmCases
{
    private readonly record struct Shape(int M, int N, int K, bool TransposeA, bool TransposeB, bool Wide, bool Accumulate, bool Bias, bool Relu)
    {
        public override string ToString() =>
            $"{M}x{N}x{K}{(TransposeA ? " Aᵀ" : "")}{(TransposeB ? " Bᵀ" : "")}{(Wide ? " 512 bit" : " 256 bit")}{(Accumulate ? " add" : "")}{(Bias ? " bias" : "")}{(Relu ? " relu" : "")}";
    }

    public static IEnumerable<OpCase> All()
    {
        (int M, int N, int K)[] sizes = [(1, 1, 1), (5, 2, 3), (12, 32, 7), (6, 16, 8), (37, 19, 45), (97, 65, 33), (13, 33, 400), (800, 40, 20)];
        foreach ((int m, int n, int k) in sizes)
            foreach (bool wide in new[] { true, false })
            {
                yield return Case(new(m, n, k, false, true, wide, false, true, true));
                yield return Case(new(m, n, k, true, false, wide, false, false, false));
                yield return Case(new(m, n, k, false, false, wide, true, false, false));
            }
    }

    private static OpCase Case(Shape s) => new("gemm", s.ToString(), t => Record(t, s), SimdOnly: true);

    private static void Record(Trial t, Shape s)
    {
        Tensor a = t.Parameter("A", s.TransposeA ? s.K : s.M, s.TransposeA ? s.M : s.K, gradient: false);
        Tensor b = t.Parameter("B", s.TransposeB ? s.N : s.K, s.TransposeB ? s.K : s.N, gradient: false);
        Tensor bias = t.Parameter("bias", 1, s.N, gradient: false), c = t.State(t.Workspace.Tensor("C", s.M, s.N), s.Accumulate ? null : _ => float.NaN, s.K);
        t.Forward(_ =>
        {
            using Gemm gemm = new(t.Device.Team!, s.Wide);
            gemm.Run(
                c.Pointer, s.TransposeA ? Gemm.Matrix.Transposed(a.Pointer, s.M) : Gemm.Matrix.RowMajor(a.Pointer, s.K),
                s.TransposeB ? Gemm.Matrix.Transposed(b.Pointer, s.K) : Gemm.Matrix.RowMajor(b.Pointer, s.N),
                s.M, s.N, s.K, s.Accumulate, s.Bias ? bias.Pointer : null, s.Relu);
        });
        t.Reference(v =>
        {
            for (int i = 0; i < s.M; i++)
                for (int j = 0; j < s.N; j++)
                {
                    double sum = (s.Accumulate ? v[c][i * s.N + j] : 0) + (s.Bias ? v[bias][j] : 0);
                    for (int k = 0; k < s.K; k++)
                        sum += v[a][s.TransposeA ? k * s.M + i : i * s.K + k] * v[b][s.TransposeB ? j * s.K + k : k * s.N + j];
                    v[c][i * s.N + j] = s.Relu ? v.Rectify(sum) : sum;
                }
        });
    }
}
