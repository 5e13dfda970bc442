namespace GpuCtr.SoftCuda.Execution;

/// <summary>Three sizes of a grid or a block.</summary>
public readonly record struct Size3(int X, int Y, int Z)
{
    /// <summary>Their product.</summary>
    public long Count => (long)X * Y * Z;
}

/// <summary>A launch of a kernel.</summary>
/// <param name="Grid">Blocks.</param>
/// <param name="Block">Threads of a block.</param>
/// <param name="DynamicSharedBytes">Shared memory beyond what the kernel declares.</param>
/// <param name="Parameters">The kernel's parameters as the driver lays them out.</param>
public sealed record KernelLaunch(Size3 Grid, Size3 Block, int DynamicSharedBytes, byte[] Parameters);
