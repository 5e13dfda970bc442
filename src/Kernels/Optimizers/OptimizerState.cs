using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Optimizers;

/// <summary>The state of an optimizer for each weight or each row; a tensor that the rule does not use has no elements.</summary>
public sealed unsafe class OptimizerState
{
    private readonly Tensor weights;

    internal OptimizerState(Workspace workspace, Tensor weights, UpdateRule rule)
    {
        this.weights = weights;
        Mean = workspace.TrainingTensor($"{weights.Name} m", rule.KeepsMeans ? weights.Rows : 0, weights.Columns);
        Square = workspace.TrainingTensor($"{weights.Name} v", rule.KeepsSquares ? weights.Rows : 0, rule.IsRowwise ? 1 : weights.Columns);
    }

    /// <summary>m: running mean of the gradient (Adam), its sum with momentum (SGD), or z (FTRL).</summary>
    public Tensor Mean { get; }

    /// <summary>v: running mean (Adam) or sum (Adagrad, FTRL) of the squared gradient; (ΣV, 1) of row-wise Adagrad.</summary>
    public Tensor Square { get; }

    /// <summary>m as a kernel argument; if the rule has none, the view of the weights as a dummy, because ILGPU needs one bound.</summary>
    internal ArrayView<float> MeanView => (Mean.Length > 0 ? Mean : weights).View;

    /// <summary>v as a kernel argument, likewise.</summary>
    internal ArrayView<float> SquareView => (Square.Length > 0 ? Square : weights).View;

    /// <summary>Both for the SIMD variants.</summary>
    internal Moments Moments => new(Mean.Length > 0 ? Mean.Pointer : null, Square.Length > 0 ? Square.Pointer : null);
}

/// <summary>Addresses of m and v for the SIMD variants; null if the rule has none. Read them once per block: the compiler cannot know that a store does not change them.</summary>
internal readonly unsafe struct Moments(float* mean, float* square)
{
    public readonly float* Mean = mean, Square = square;

    /// <summary>Updates up to 16 weights from element <paramref name="i"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Update(in UpdateRule rule, long i, int count, ref Vector512<float> w, Vector512<float> g, in StepScalars s, float epsilon)
    {
        Vector512<float> m = Mean != null ? Lanes.Load(Mean + i, count) : default, v = Square != null ? Lanes.Load(Square + i, count) : default;
        rule.Apply(ref w, g, ref m, ref v, s, epsilon);
        if (Mean != null)
            Lanes.Store(m, Mean + i, count);
        if (Square != null)
            Lanes.Store(v, Square + i, count);
    }

    /// <summary>Prefetches the state of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(long row, int length)
    {
        if (Mean != null)
            Simd.Prefetch.Row(Mean + row, length);
        if (Square != null)
            Simd.Prefetch.Row(Square + row, length);
    }
}
