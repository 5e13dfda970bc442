namespace GpuCtr.Kernels.Simd;

/// <summary>
/// Column statistics on the worker team: a task owns 16 neighbouring columns (one register) and walks all rows,
/// so each sum has one order whatever the number of threads, and no partial sums are kept.
/// </summary>
internal static class ColumnBlocks
{
    /// <summary>Columns of a task: one 512-bit register, one cache line.</summary>
    public const int Width = 16;

    /// <summary>Tasks for a matrix of <paramref name="columns"/> columns.</summary>
    public static int Count(int columns) => (columns + Width - 1) / Width;
}
