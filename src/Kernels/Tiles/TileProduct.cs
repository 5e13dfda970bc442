using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Tiles;

/// <summary>Sizes of a product C (M, N) = A (M, K) · B (K, N), and the memory order of its factors.</summary>
/// <param name="M">Rows of C.</param>
/// <param name="N">Columns of C.</param>
/// <param name="K">Depth.</param>
/// <param name="ARunsAlongK">A[i, k + 1] follows A[i, k] in memory; false: A[i + 1, k] does.</param>
/// <param name="BRunsAlongK">B[k + 1, j] follows B[k, j] in memory; false: B[k, j + 1] does.</param>
public readonly record struct TileSizes(int M, int N, int K, bool ARunsAlongK, bool BRunsAlongK)
{
    // Enough groups for the largest GPUs, and parts deep enough to be worth a second pass.
    private const int EnoughGroups = 512, LeastDepth = 256, MostParts = 64;

    internal int TilesN(int side) => (N + side - 1) / side;

    internal int Tiles(int side) => (M + side - 1) / side * TilesN(side);

    /// <summary>Number of parts into which K is split if C has few tiles and the product is deep; a function of the sizes alone.</summary>
    internal int Parts(int side) => Math.Clamp(Math.Min(K / LeastDepth, EnoughGroups / Math.Max(1, Tiles(side))), 1, MostParts);

    /// <summary>Floats of partial sums.</summary>
    internal long PartialLength(int side) => Parts(side) is > 1 and int parts ? (long)parts * M * N : 0;
}

/// <summary>The tiled variant of matrix products, for GPUs: groups of threads share slices of both factors in shared memory.</summary>
/// <remarks>
/// A group owns Side × Side elements of C and has Side threads: in float32 64, each with 8 × 8 elements in registers; in tf32 and bf16
/// 128, each warp with 64 × 64 on the tensor cores (<see cref="TensorCore"/>). While a slice (8 or 16 deep) is multiplied from shared memory, the next
/// one is loaded into registers: one barrier per slice. 2·M·N·K operations; each factor is read once for every Side rows or columns of C.
/// Deep products with few tiles (weight gradients) are split into parts along K, whose sums a second kernel adds in order. Every sum has a fixed
/// order: the same bits every run.
/// </remarks>
/// <typeparam name="TProduct">Reads the factors and stores the sums.</typeparam>
public sealed class TileProduct<TProduct> where TProduct : struct, ITileProduct
{
    private readonly bool tensor;
    private readonly Kernel<TileProduct.Args<TProduct>> multiply, combine;
    private DeviceArray<float>? partials;

    /// <param name="device">The device.</param>
    /// <param name="precision">What factors are rounded to; null = the device's precision.</param>
    public TileProduct(Device device, Precision? precision = null)
    {
        Precision chosen = precision ?? device.Precision;
        tensor = chosen.OnTensorCores();
        multiply = new(device, chosen switch
        {
            Precision.Tf32 => TileProduct.TensorKernel<TProduct, Tf32Format>,
            Precision.Bf16 => TileProduct.TensorKernel<TProduct, Bf16Format>,
            _ => TileProduct.Kernel,
        });
        combine = new(device, TileProduct.CombineKernel);
    }

    private int Side => tensor ? TileProduct.TensorSide : TileProduct.Side;

    /// <summary>Reserves partial sums for products of up to these sizes.</summary>
    public void Plan(Workspace workspace, string name, in TileSizes largest)
    {
        if (largest.PartialLength(Side) is > 0 and long length)
            partials = workspace.TrainingArray<float>($"{name} partial sums", length);
    }

    /// <summary>Computes all of C; <paramref name="anyView"/> is a dummy view if there are no partial sums.</summary>
    public void Run(in TProduct product, in TileSizes sizes, ArrayView<float> anyView)
    {
        int tiles = sizes.Tiles(Side), depth = tensor ? TileProduct.TensorDepth : TileProduct.Depth;
        int parts = partials is null ? 1 : (int)Math.Min(sizes.Parts(Side), partials.Length / Math.Max(1, (long)sizes.M * sizes.N));
        int slices = (sizes.K + depth - 1) / depth, partDepth = Math.Max(1, (slices + parts - 1) / parts) * depth;
        TileProduct.Args<TProduct> args = new(
            product, partials?.View ?? anyView, sizes.M, sizes.N, sizes.K, sizes.ARunsAlongK ? 1 : 0, sizes.BRunsAlongK ? 1 : 0, sizes.TilesN(Side), tiles, parts, partDepth);
        if (tiles == 0)
            return;
        multiply.Run(new KernelConfig(tiles * parts, Side), args);
        if (parts > 1)
            combine.Run((long)sizes.M * sizes.N, args);
    }
}

/// <summary>The elements of a product C (M, N) = A (M, K) · B (K, N): reads the factors and stores the sums.</summary>
/// <remarks>Factors may be gathered or computed on the fly, without being stored; Store is called once per element, with its whole sum.</remarks>
public interface ITileProduct
{
    /// <summary>A[i, k].</summary>
    float A(int i, int k);

    /// <summary>B[k, j].</summary>
    float B(int k, int j);

    /// <summary>Stores C[i, j].</summary>
    void Store(int i, int j, float sum);
}
