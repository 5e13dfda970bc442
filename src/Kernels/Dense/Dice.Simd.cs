namespace GpuCtr.Kernels.Dense;

/// <summary>Blocks of 256 rows. Columns as tasks would leave the threads with 5 registers' worth to share where an attention layer is 80 wide.</summary>
public sealed unsafe partial class Dice
{
    private const int BlockRows = 256;

    private readonly Action<int>? forwardBlock, differentiateBlock;
    private readonly DiceRows? simd;
    private int rows;

    private int Blocks => (rows + BlockRows - 1) / BlockRows;

    private void RunForward(in Pass pass)
    {
        rows = pass.RowsOf(t.X);
        simd!.Measure(pass);
        device.Team!.Run(Blocks, forwardBlock!);
    }

    private void RunBackward(in Pass pass)
    {
        rows = pass.RowsOf(t.X);
        device.Team!.Run(Blocks, differentiateBlock!);
        simd!.CombineSums(Blocks);
        simd.Finish(dx.Target);
    }

    private void ForwardBlock(int block) =>
        simd!.Activate(block * BlockRows, Count(block), y.Pointer + (long)block * BlockRows * y.Columns, y.Columns);

    private void DifferentiateBlock(int block)
    {
        float* dy = y.Gradient!.Pointer + (long)block * BlockRows * y.Columns;
        simd!.Differentiate(block, true, block * BlockRows, Count(block), dy, y.Columns, null, dx.Target is null ? null : dx.Target.Pointer, dx.Accumulates);
    }

    private int Count(int block) => Math.Min(BlockRows, rows - block * BlockRows);
}
