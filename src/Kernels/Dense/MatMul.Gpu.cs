using GpuCtr.Kernels.Blas;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Kernels.Tiles;
using ILGPU;

namespace GpuCtr.Kernels.Dense;

/// <summary>On GPUs: the library if the device has one, else tiles in shared memory.</summary>
public sealed partial class MatMul
{
    private Variant Gpu()
    {
        TileProduct<Tile> tiles = new(device);
        Kernel<Args> finish = new(device, FinishKernel);
        return new(
            (Tensor c, Tensor a, Tensor b, in Product p, Tensor? bias) =>
            {
                Args args = new(c.View, a.View, b.View, (bias ?? c).View, p, bias is not null);
                if (device.Blas is { } blas && !FuseOnTensorCores(args, p))
                    RunLibrary(blas, finish, args, p);
                else
                    tiles.Run(new Tile(args), Sizes(p), c.View);
            },
            tiles);
    }

    /// <summary>
    /// Whether to use tiles instead of the library. The library has no epilogue: bias and rectifier need a pass over C, and on tensor cores a product of our sizes takes
    /// hardly longer than such a pass. Not used for few columns, where a tile would be mostly empty.
    /// </summary>
    private bool FuseOnTensorCores(in Args args, in Product p) =>
        device.Precision.OnTensorCores() && (args.Bias | args.Relu) != 0 && p.N >= TileProduct.TensorSide / 2;

    /// <summary>The product in BLAS form: row-major C is column-major Cᵀ = op(B)ᵀ op(A)ᵀ, so our transposed factors are untransposed for BLAS.</summary>
    private static void RunLibrary(IBlas blas, Kernel<Args> finish, in Args args, in Product p)
    {
        if (p.M == 0 || p.N == 0)
            return;
        blas.Run(new(p.TransposeB, p.TransposeA, p.N, p.M, p.K, args.B, Math.Max(1, p.StrideB), args.A, Math.Max(1, p.StrideA), p.Accumulate ? 1 : 0, args.C, p.StrideC));
        if (args.Bias != 0 || p.Relu)
            finish.Run((long)p.M * p.N, args);
    }

    private static TileSizes Sizes(in Product p) => new(p.M, p.N, p.K, ARunsAlongK: !p.TransposeA, BRunsAlongK: p.TransposeB);

    /// <summary>The factors and the sums of a tile.</summary>
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

    /// <summary>Bias and rectifier after the library's product, which has neither.</summary>
    private static void FinishKernel(Args s)
    {
        for (long ij = Grid.GlobalLinearIndex; ij < (long)s.M * s.N; ij += GridLoop.Stride)
        {
            long at = ij / s.N * s.CRow + ij % s.N;
            s.C[at] = Finished(s, (int)(ij % s.N), s.C[at]);
        }
    }
}
