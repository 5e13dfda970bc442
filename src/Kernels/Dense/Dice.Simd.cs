using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Dense;

/// <summary>Tasks are blocks of 256 rows. With columns as tasks, an attention layer of width 80 would give only five tasks.</summary>
public sealed unsafe partial class Dice
{
    private const int BlockRows = 256;

    private OpVariant Simd(Workspace workspace)
    {
        DiceRows dice = new(workspace, t, checked((int)((t.X.Rows + BlockRows - 1) / BlockRows)));
        RowBlocks forward = new(device, BlockRows, (first, end) => dice.Activate(first, end - first, y.Pointer + (long)first * y.Columns, y.Columns));
        RowBlocks backward = new(device, BlockRows, (first, end) => dice.Differentiate(
            first / BlockRows, true, first, end - first, y.Gradient!.Pointer + (long)first * y.Columns, y.Columns, null, dx.Target is null ? null : dx.Target.Pointer, dx.Accumulates));
        return new(
            (in Pass pass) =>
            {
                dice.Measure(pass);
                forward.Run(pass.RowsOf(t.X));
            },
            (in Pass pass) =>
            {
                dice.CombineSums(backward.Run(pass.RowsOf(t.X)));
                dice.Finish(dx.Target);
            },
            (in Pass pass, Tensor stepFactor) => dice.Commit(stepFactor));
    }
}
