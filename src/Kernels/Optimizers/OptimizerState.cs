using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Optimizers;

/// <summary>What an optimizer remembers of each weight; a tensor that the rule does not use has no elements.</summary>
public sealed unsafe class OptimizerState
{
    private readonly Tensor weights;

    internal OptimizerState(Workspace workspace, Tensor weights, UpdateRule rule)
    {
        this.weights = weights;
        bool adam = rule.MovesWithoutGradient;
        Mean = workspace.TrainingTensor($"{weights.Name} m", adam ? weights.Rows : 0, weights.Columns);
        Square = workspace.TrainingTensor($"{weights.Name} v", rule.KeepsSquares ? weights.Rows : 0, weights.Columns);
    }

    /// <summary>m: running mean of the gradient (Adam).</summary>
    public Tensor Mean { get; }

    /// <summary>v: running mean (Adam) or sum (Adagrad) of the squared gradient.</summary>
    public Tensor Square { get; }

    /// <summary>m for a kernel. Where the rule has none it never looks, but a view must be there: that of the weights.</summary>
    internal ArrayView<float> MeanView => (Mean.Length > 0 ? Mean : weights).View;

    /// <summary>v for a kernel, likewise.</summary>
    internal ArrayView<float> SquareView => (Square.Length > 0 ? Square : weights).View;

    /// <summary>Moves up to 16 weights that lie at element <paramref name="i"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Update(in UpdateRule rule, long i, int count, ref Vector512<float> w, Vector512<float> g, in StepScalars s, float epsilon)
    {
        bool hasMean = Mean.Length > 0, hasSquare = Square.Length > 0;
        Vector512<float> m = hasMean ? Lanes.Load(Mean.Pointer + i, count) : default, v = hasSquare ? Lanes.Load(Square.Pointer + i, count) : default;
        rule.Apply(ref w, g, ref m, ref v, s, epsilon);
        if (hasMean)
            Lanes.Store(m, Mean.Pointer + i, count);
        if (hasSquare)
            Lanes.Store(v, Square.Pointer + i, count);
    }
}
