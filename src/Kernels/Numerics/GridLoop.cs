using ILGPU;

namespace GpuCtr.Kernels;

/// <summary>The grid-stride loop of the portable kernels: item i goes to thread i mod stride.</summary>
internal static class GridLoop
{
    /// <summary>Largest number of items that can be counted in 32 bits, including one stride beyond the end; GPUs divide 32-bit integers several times as fast.</summary>
    public const long MostItems = 1 << 30;

    /// <summary>Threads in the whole launch.</summary>
    public static int Stride => Grid.DimX * Group.DimX;
}
