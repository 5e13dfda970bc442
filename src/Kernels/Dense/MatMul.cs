using GpuCtr.Kernels.Blas;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Kernels.Tiles;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Dense;

/// <summary>C (M, N) [+]= op(A) (M, K) · op(B) (K, N), the matrix product under every dense layer; not an op of its own.</summary>
/// <remarks>2·M·N·K operations on 4·(M·K + K·N + M·N) bytes. Each element of C is one sum over k in order: the same bits on every run.</remarks>
public sealed partial class MatMul(Device device) : IDisposable
{
    private readonly Gemm? simd = device.UsesSimd ? new Gemm(device.Team!) : null;
    private readonly TileProduct<Tile>? tiles = device.UsesTiles ? new TileProduct<Tile>(device) : null;
    private Action<KernelConfig, Args>? kernel, finish;

    /// <summary>What to multiply: op(A) is A (M, K), or with TransposeA the transpose of A (K, M); likewise B. Frozen: B is what it was in the last product.</summary>
    public readonly record struct Product(
        int M, int N, int K, bool TransposeA = false, bool TransposeB = false, bool Accumulate = false, bool Relu = false, bool Frozen = false);

    /// <summary>Reserves partial sums for products of up to these sizes, where the device's variant keeps any.</summary>
    public void Plan(Workspace workspace, string name, in Product largest) => tiles?.Plan(workspace, name, Sizes(largest));

    /// <summary>Runs the product, adds <paramref name="bias"/> (N) to every row where there is one, and then rectifies where asked.</summary>
    public unsafe void Run(Tensor c, Tensor a, Tensor b, in Product p, Tensor? bias = null)
    {
        if (simd is not null)
        {
            Gemm.Matrix left = p.TransposeA ? Gemm.Matrix.Transposed(a.Pointer, p.M) : Gemm.Matrix.RowMajor(a.Pointer, p.K);
            Gemm.Matrix right = p.TransposeB ? Gemm.Matrix.Transposed(b.Pointer, p.K) : Gemm.Matrix.RowMajor(b.Pointer, p.N);
            simd.Run(c.Pointer, left, right, p.M, p.N, p.K, p.Accumulate, bias is null ? null : bias.Pointer, p.Relu, p.Frozen);
            return;
        }
        Args args = new(c.View, a.View, b.View, (bias ?? c).View, p, bias is not null);
        if (device.Blas is { } blas && !FuseOnTensorCores(args, p))
            RunLibrary(blas, args, p);
        else if (tiles is not null)
            tiles.Run(new Tile(args), Sizes(p), c.View);
        else
            device.Load(ref kernel, Kernel)(device.Grid((long)args.TilesM * args.TilesN), args);
    }

    /// <summary>
    /// The library knows no epilogue: bias and rectifier cost it a pass over C, and a product of our sizes on tensor cores takes hardly longer than that.
    /// Not for few columns, of which a tile would be empty for the most part.
    /// </summary>
    private bool FuseOnTensorCores(in Args args, in Product p) =>
        device.Precision.OnTensorCores() && (args.Bias | args.Relu) != 0 && p.N >= TileProduct.TensorSide / 2;

    /// <summary>Row-major C is column-major Cᵀ = op(B)ᵀ op(A)ᵀ, and what lies transposed in memory for us is plain for BLAS.</summary>
    private void RunLibrary(IBlas blas, in Args args, in Product p)
    {
        if (p.M == 0 || p.N == 0)
            return;
        int ldA = Math.Max(1, p.TransposeA ? p.M : p.K), ldB = Math.Max(1, p.TransposeB ? p.K : p.N);
        blas.Run(new(p.TransposeB, p.TransposeA, p.N, p.M, p.K, args.B, ldB, args.A, ldA, p.Accumulate ? 1 : 0, args.C, p.N));
        if (args.Bias != 0 || p.Relu)
            device.Load(ref finish, FinishKernel)(device.Grid((long)p.M * p.N), args);
    }

    /// <inheritdoc/>
    public void Dispose() => simd?.Dispose();

    private static TileSizes Sizes(in Product p) => new(p.M, p.N, p.K, ARunsAlongK: !p.TransposeA, BRunsAlongK: p.TransposeB);

    /// <summary>Matrices, sizes and strides as the kernel takes them.</summary>
    public readonly struct Args(ArrayView<float> c, ArrayView<float> a, ArrayView<float> b, ArrayView<float> rowBias, in Product p, bool bias)
    {
        /// <summary>The matrices.</summary>
        public readonly ArrayView<float> C = c, A = a, B = b, RowBias = rowBias;

        /// <summary>Rows, columns and depth of the product.</summary>
        public readonly int M = p.M, N = p.N, K = p.K;

        /// <summary>4×4 tiles down and across.</summary>
        public readonly int TilesM = (p.M + 3) / 4, TilesN = (p.N + 3) / 4;

        /// <summary>Element (i, j) of op(A) is at A[i·ARow + j·ACol]; likewise B.</summary>
        public readonly int ARow = p.TransposeA ? 1 : p.K, ACol = p.TransposeA ? p.M : 1, BRow = p.TransposeB ? 1 : p.N, BCol = p.TransposeB ? p.K : 1;

        /// <summary>1 or 0.</summary>
        public readonly int Accumulate = p.Accumulate ? 1 : 0, Bias = bias ? 1 : 0, Relu = p.Relu ? 1 : 0;
    }

    /// <summary>The same for the tiled variant.</summary>
    public readonly struct Tile(Args s) : ITileProduct
    {
        private readonly Args s = s;

        /// <inheritdoc/>
        public float A(int i, int k) => s.A[(long)i * s.ARow + (long)k * s.ACol];

        /// <inheritdoc/>
        public float B(int k, int j) => s.B[(long)k * s.BRow + (long)j * s.BCol];

        /// <inheritdoc/>
        public void Store(int i, int j, float sum) => MatMul.Store(s, i, j, sum);
    }

    /// <summary>
    /// One item = one 4×4 tile of C in 16 named accumulators (arrays would go to memory). A tile over the edge reads the last
    /// row or column again and does not store it.
    /// </summary>
    private static void Kernel(Args s)
    {
        int tiles = s.TilesM * s.TilesN;
        for (int tile = Grid.GlobalLinearIndex; tile < tiles; tile += GridExtensions.Stride)
        {
            int i0 = tile / s.TilesN * 4, j0 = tile % s.TilesN * 4;
            long a0 = (long)i0 * s.ARow, a1 = (long)Math.Min(i0 + 1, s.M - 1) * s.ARow, a2 = (long)Math.Min(i0 + 2, s.M - 1) * s.ARow, a3 = (long)Math.Min(i0 + 3, s.M - 1) * s.ARow;
            long b0 = (long)j0 * s.BCol, b1 = (long)Math.Min(j0 + 1, s.N - 1) * s.BCol, b2 = (long)Math.Min(j0 + 2, s.N - 1) * s.BCol, b3 = (long)Math.Min(j0 + 3, s.N - 1) * s.BCol;
            float c00 = 0, c01 = 0, c02 = 0, c03 = 0, c10 = 0, c11 = 0, c12 = 0, c13 = 0;
            float c20 = 0, c21 = 0, c22 = 0, c23 = 0, c30 = 0, c31 = 0, c32 = 0, c33 = 0;
            for (int k = 0; k < s.K; k++)
            {
                float x0 = s.A[a0], x1 = s.A[a1], x2 = s.A[a2], x3 = s.A[a3];
                float y0 = s.B[b0], y1 = s.B[b1], y2 = s.B[b2], y3 = s.B[b3];
                c00 += x0 * y0; c01 += x0 * y1; c02 += x0 * y2; c03 += x0 * y3;
                c10 += x1 * y0; c11 += x1 * y1; c12 += x1 * y2; c13 += x1 * y3;
                c20 += x2 * y0; c21 += x2 * y1; c22 += x2 * y2; c23 += x2 * y3;
                c30 += x3 * y0; c31 += x3 * y1; c32 += x3 * y2; c33 += x3 * y3;
                a0 += s.ACol; a1 += s.ACol; a2 += s.ACol; a3 += s.ACol;
                b0 += s.BRow; b1 += s.BRow; b2 += s.BRow; b3 += s.BRow;
            }
            StoreRow(s, i0, j0, c00, c01, c02, c03);
            StoreRow(s, i0 + 1, j0, c10, c11, c12, c13);
            StoreRow(s, i0 + 2, j0, c20, c21, c22, c23);
            StoreRow(s, i0 + 3, j0, c30, c31, c32, c33);
        }
    }

    private static void StoreRow(Args s, int i, int j, float x0, float x1, float x2, float x3)
    {
        if (i >= s.M)
            return;
        Store(s, i, j, x0);
        Store(s, i, j + 1, x1);
        Store(s, i, j + 2, x2);
        Store(s, i, j + 3, x3);
    }

    private static void Store(Args s, int i, int j, float x)
    {
        if (j >= s.N)
            return;
        long ij = (long)i * s.N + j;
        s.C[ij] = Finished(s, j, s.Accumulate != 0 ? x + s.C[ij] : x);
    }

    /// <summary>Bias and rectifier behind the library's product, which knows neither.</summary>
    private static void FinishKernel(Args s)
    {
        for (long ij = Grid.GlobalLinearIndex; ij < (long)s.M * s.N; ij += GridExtensions.Stride)
            s.C[ij] = Finished(s, (int)(ij % s.N), s.C[ij]);
    }

    private static float Finished(Args s, int j, float x)
    {
        if (s.Bias != 0)
            x += s.RowBias[j];
        // Written so that NaN stays NaN: a rectified NaN would hide a broken step.
        return s.Relu != 0 && x < 0 ? 0f : x;
    }
}
