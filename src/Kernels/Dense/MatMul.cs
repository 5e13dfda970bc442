using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Kernels.Tiles;
using ILGPU;

namespace GpuCtr.Kernels.Dense;

/// <summary>C (M, N) [+]= op(A) (M, K) · op(B) (K, N), the matrix product of every dense layer; not an op of its own.</summary>
/// <remarks>2·M·N·K operations on 4·(M·K + K·N + M·N) bytes. Each element of C is one sum over k in order: the same bits on every run.</remarks>
public sealed partial class MatMul : IDisposable
{
    private readonly Device device;
    private readonly Variant variant;

    private delegate void Multiplication(Tensor c, Tensor a, Tensor b, in Product p, Tensor? bias);

    /// <summary>The variant of a device.</summary>
    private readonly record struct Variant(Multiplication Run, TileProduct<Tile>? Tiles = null, IDisposable? Memory = null);

    /// <param name="device">The device.</param>
    public MatMul(Device device)
    {
        this.device = device;
        variant = device.Select(Portable, Simd, Gpu);
    }

    /// <summary>What to multiply: op(A) is A (M, K), or with TransposeA the transpose of A (K, M); likewise B. Frozen: B is unchanged since the last product.</summary>
    public readonly record struct Product(
        int M, int N, int K, bool TransposeA = false, bool TransposeB = false, bool Accumulate = false, bool Relu = false, bool Frozen = false)
    {
        /// <summary>Positions of the three matrices in their tensors; by default, each is a whole tensor.</summary>
        public Block InA { get; init; }

        /// <inheritdoc cref="InA"/>
        public Block InB { get; init; }

        /// <inheritdoc cref="InA"/>
        public Block InC { get; init; }

        internal int StrideA => InA.Stride > 0 ? InA.Stride : TransposeA ? M : K;

        internal int StrideB => InB.Stride > 0 ? InB.Stride : TransposeB ? K : N;

        internal int StrideC => InC.Stride > 0 ? InC.Stride : N;
    }

    /// <summary>A matrix within a tensor.</summary>
    /// <param name="First">Its first element.</param>
    /// <param name="Stride">Distance between two of its rows; 0: rows are contiguous.</param>
    public readonly record struct Block(long First, int Stride);

    /// <summary>Reserves partial sums for products of up to these sizes, if the device's variant needs any.</summary>
    public void Plan(Workspace workspace, string name, in Product largest) => variant.Tiles?.Plan(workspace, name, Sizes(largest));

    /// <summary>Runs the product; optionally adds <paramref name="bias"/> (N) to every row and rectifies.</summary>
    public void Run(Tensor c, Tensor a, Tensor b, in Product p, Tensor? bias = null) => variant.Run(c, a, b, p, bias);

    /// <inheritdoc/>
    public void Dispose() => variant.Memory?.Dispose();

    private unsafe Variant Simd()
    {
        Gemm gemm = new(device.Team!);
        return new(
            (Tensor c, Tensor a, Tensor b, in Product p, Tensor? bias) =>
            {
                float* fromA = a.Pointer + p.InA.First, fromB = b.Pointer + p.InB.First;
                Gemm.Matrix left = p.TransposeA ? Gemm.Matrix.Transposed(fromA, p.StrideA) : Gemm.Matrix.RowMajor(fromA, p.StrideA);
                Gemm.Matrix right = p.TransposeB ? Gemm.Matrix.Transposed(fromB, p.StrideB) : Gemm.Matrix.RowMajor(fromB, p.StrideB);
                gemm.Run(c.Pointer + p.InC.First, left, right, p.M, p.N, p.K, p.Accumulate, bias is null ? null : bias.Pointer, p.Relu, p.Frozen, p.StrideC);
            },
            Memory: gemm);
    }

    private Variant Portable()
    {
        Kernel<Args> multiply = new(device, Kernel);
        return new((Tensor c, Tensor a, Tensor b, in Product p, Tensor? bias) =>
        {
            Args args = new(c.View, a.View, b.View, (bias ?? c).View, p, bias is not null);
            multiply.Run((long)args.TilesM * args.TilesN, args);
        });
    }

    /// <summary>Kernel arguments: matrices, sizes and strides.</summary>
    public readonly struct Args(ArrayView<float> c, ArrayView<float> a, ArrayView<float> b, ArrayView<float> rowBias, in Product p, bool bias)
    {
        /// <summary>The matrices.</summary>
        public readonly ArrayView<float> C = From(c, p.InC), A = From(a, p.InA), B = From(b, p.InB), RowBias = rowBias;

        /// <summary>Rows, columns and depth of the product.</summary>
        public readonly int M = p.M, N = p.N, K = p.K;

        /// <summary>4×4 tiles down and across.</summary>
        public readonly int TilesM = (p.M + 3) / 4, TilesN = (p.N + 3) / 4;

        /// <summary>Element (i, j) of op(A) is at A[i·ARow + j·ACol]; likewise B. Element (i, j) of C is at C[i·CRow + j].</summary>
        public readonly int ARow = p.TransposeA ? 1 : p.StrideA, ACol = p.TransposeA ? p.StrideA : 1, BRow = p.TransposeB ? 1 : p.StrideB, BCol = p.TransposeB ? p.StrideB : 1, CRow = p.StrideC;

        /// <summary>1 or 0.</summary>
        public readonly int Accumulate = p.Accumulate ? 1 : 0, Bias = bias ? 1 : 0, Relu = p.Relu ? 1 : 0;

        private static ArrayView<float> From(ArrayView<float> all, Block block) => block.First > 0 ? all.SubView(block.First) : all;
    }

    /// <summary>
    /// One item = one 4×4 tile of C in 16 named accumulators (arrays would be spilled). A tile across the edge reads the last
    /// row or column again and does not store the surplus.
    /// </summary>
    private static void Kernel(Args s)
    {
        int tiles = s.TilesM * s.TilesN;
        for (int tile = Grid.GlobalLinearIndex; tile < tiles; tile += GridLoop.Stride)
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
        long ij = (long)i * s.CRow + j;
        s.C[ij] = Finished(s, j, s.Accumulate != 0 ? x + s.C[ij] : x);
    }

    private static float Finished(Args s, int j, float x)
    {
        if (s.Bias != 0)
            x += s.RowBias[j];
        // Written so that NaN stays NaN: rectifying it to 0 would hide a diverged step.
        return s.Relu != 0 && x < 0 ? 0f : x;
    }
}
