using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Tiles;

/// <summary>Sizes of a product C (M, N) = A (M, K) · B (K, N), and along which dimension its factors lie in memory.</summary>
/// <param name="M">Rows of C.</param>
/// <param name="N">Columns of C.</param>
/// <param name="K">Depth.</param>
/// <param name="ARunsAlongK">A[i, k + 1] lies behind A[i, k]; false: A[i + 1, k] does.</param>
/// <param name="BRunsAlongK">B[k + 1, j] lies behind B[k, j]; false: B[k, j + 1] does.</param>
public readonly record struct TileSizes(int M, int N, int K, bool ARunsAlongK, bool BRunsAlongK)
{
    // Enough groups for the largest GPUs, and parts deep enough to be worth a second pass.
    private const int EnoughGroups = 512, LeastDepth = 256, MostParts = 64;

    internal int TilesN => (N + TileProduct.Side - 1) / TileProduct.Side;

    internal int Tiles => (M + TileProduct.Side - 1) / TileProduct.Side * TilesN;

    /// <summary>Parts that K is cut into, where C has few tiles and the product is deep; a function of the sizes alone.</summary>
    internal int Parts => Math.Clamp(Math.Min(K / LeastDepth, EnoughGroups / Math.Max(1, Tiles)), 1, MostParts);

    /// <summary>Floats of partial sums.</summary>
    internal long PartialLength => Parts > 1 ? (long)Parts * M * N : 0;
}

/// <summary>The tiled variant of matrix products, for GPUs: groups of 64 threads that share slices of both factors in fast memory.</summary>
/// A group owns 64 × 64 elements of C, a thread 8 × 8 of them, in registers. While a slice, eight deep, is multiplied out of shared memory,
/// the next one is on its way into registers: one barrier a slice, and 64 multiply-adds for every four loads from shared memory.
/// 2·M·N·K operations; each factor is read once for every 64 rows or columns of C. Deep products with few tiles (weight gradients) are cut
/// into parts along K, whose sums a second kernel adds in order. Every sum has one order: the same bits every run.
/// <typeparam name="TProduct">Where the factors come from and where the sums go.</typeparam>
/// <param name="device">Where it runs.</param>
public sealed class TileProduct<TProduct>(Device device) where TProduct : struct, ITileProduct
{
    private Action<KernelConfig, TileProduct.Args<TProduct>>? kernel, combine;
    private DeviceArray<float>? partials;

    /// <summary>Reserves partial sums for products of up to these sizes.</summary>
    public void Plan(Workspace workspace, string name, in TileSizes largest)
    {
        if (largest.PartialLength > 0)
            partials = workspace.TrainingArray<float>($"{name} partial sums", largest.PartialLength);
    }

    /// <summary>Computes all of C; <paramref name="anyView"/> stands for the partial sums where there are none.</summary>
    public void Run(in TProduct product, in TileSizes sizes, ArrayView<float> anyView)
    {
        int parts = partials is null ? 1 : (int)Math.Min(sizes.Parts, partials.Length / Math.Max(1, (long)sizes.M * sizes.N));
        int slices = (sizes.K + TileProduct.Depth - 1) / TileProduct.Depth, partDepth = Math.Max(1, (slices + parts - 1) / parts) * TileProduct.Depth;
        TileProduct.Args<TProduct> args = new(
            product, partials?.View ?? anyView, sizes.M, sizes.N, sizes.K, sizes.ARunsAlongK ? 1 : 0, sizes.BRunsAlongK ? 1 : 0, sizes.TilesN, sizes.Tiles, parts, partDepth);
        if (sizes.Tiles == 0)
            return;
        device.Load(ref kernel, TileProduct.Kernel)(new KernelConfig(sizes.Tiles * parts, Device.GroupThreads), args);
        if (parts > 1)
            device.Load(ref combine, TileProduct.CombineKernel)(device.Grid((long)sizes.M * sizes.N), args);
    }
}
