using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Simd;

/// <summary>Blocks of columns of a matrix, for SIMD variants that sum down columns.</summary>
/// <remarks>
/// A task owns 16 neighbouring columns (one register) and walks all rows, so each sum has a fixed order for any number of threads,
/// and no partial sums are needed.
/// </remarks>
internal sealed class ColumnBlocks
{
    // One 512-bit register, one cache line.
    private const int Width = Lanes.Count;

    private readonly WorkerTeam team;
    private readonly Action<int> block;
    private readonly int columns;
    private int rows;

    /// <param name="device">The device.</param>
    /// <param name="columns">Columns of the matrix.</param>
    /// <param name="body">Called with the number of rows, the first column and the number of columns.</param>
    public ColumnBlocks(Device device, int columns, Action<int, int, int> body)
    {
        (team, this.columns) = (device.Team!, columns);
        block = index => body(rows, index * Width, Math.Min(Width, columns - index * Width));
    }

    /// <summary>The variant of an op that does nothing but go over blocks of columns, in both directions.</summary>
    public static OpVariant Variant(Device device, Tensor x, Action<int, int, int> forward, Action<int, int, int> backward)
    {
        ColumnBlocks forwards = new(device, x.Columns, forward), backwards = new(device, x.Columns, backward);
        return new((in Pass pass) => forwards.Run(pass.RowsOf(x)), (in Pass pass) => backwards.Run(pass.RowsOf(x)));
    }

    /// <summary>Processes all columns of the first <paramref name="rows"/> rows.</summary>
    public void Run(int rows)
    {
        this.rows = rows;
        team.Run((columns + Width - 1) / Width, block);
    }
}
