using ILGPU;

namespace GpuCtr.Kernels;

/// <summary>The grid-stride loop of the portable kernels: item i goes to thread i mod stride.</summary>
internal static class GridLoop
{
    /// <summary>Up to so many items can be counted in 32 bits, a grid further on as well: integers that a GPU divides several times as fast.</summary>
    public const long MostItems = 1 << 30;

    /// <summary>Threads in the whole launch.</summary>
    public static int Stride => Grid.DimX * Group.DimX;
}
