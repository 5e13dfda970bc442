using ILGPU;

namespace GpuCtr.Kernels;

/// <summary>The grid-stride loop of the portable kernels: item i goes to thread i mod stride.</summary>
internal static class GridExtensions
{
    /// <summary>Threads in the whole launch.</summary>
    public static int Stride => Grid.DimX * Group.DimX;
}
