using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Optimizers;

/// <summary>Updates every weight of a tensor by its gradient: all dense parameters in one launch, or a whole table.</summary>
/// <remarks>
/// g = (dw + λ w) · stepFactor[0] where i &lt; decayLength, else dw · stepFactor[0]; then the <see cref="UpdateRule"/>. stepFactor[0] = 0: nothing moves.
/// Adam moves seven floats per weight. For a table, the gradient is cleared after the update, because the next batch writes only its own rows.
/// </remarks>
public sealed partial class DenseUpdate : ITableUpdate
{
    private readonly Device device;
    private readonly Tensor weights;
    private readonly UpdateRule rule;
    private readonly float l2;
    private readonly long decayLength;
    private readonly bool isTable;
    private readonly DeviceArray<StepScalars> scalars;
    private readonly Tensor stepFactor;
    private readonly Action run;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(
        ArrayView<float> W, ArrayView<float> Dw, ArrayView<float> M, ArrayView<float> V, ArrayView<float> StepFactor, ArrayView<StepScalars> Scalars,
        UpdateRule Rule, float L2, long DecayLength, long Length, int IsTable);

    /// <param name="workspace">Reserves the optimizer's state.</param>
    /// <param name="weights">(rows, columns) with gradient.</param>
    /// <param name="rule">The optimizer.</param>
    /// <param name="l2">λ.</param>
    /// <param name="decayLength">Number of first elements to which λ applies.</param>
    /// <param name="isTable">Uses the tables' ε and clears the gradient.</param>
    /// <param name="scalars">Step scalars.</param>
    /// <param name="stepFactor">(1, 4): its first number is the step factor (<see cref="GradientGuard.StepFactor"/>).</param>
    public DenseUpdate(Workspace workspace, Tensor weights, UpdateRule rule, float l2, long decayLength, bool isTable, DeviceArray<StepScalars> scalars, Tensor stepFactor)
    {
        device = workspace.Device;
        if (rule.IsRowwise)
            throw new KernelException($"dense update of {weights} on {device}: {rule.Kind} needs whole rows, not single weights: use RowwiseAdagrad");
        (this.weights, this.rule, this.l2, this.decayLength, this.isTable, this.scalars, this.stepFactor) = (weights, rule, l2, decayLength, isTable, scalars, stepFactor);
        State = new OptimizerState(workspace, weights, rule);
        run = device.Select(Portable, Simd);
    }

    /// <summary>m and v of every weight.</summary>
    public OptimizerState State { get; }

    /// <summary>Updates the weights.</summary>
    public void Run() => run();

    private Action Portable()
    {
        Kernel<Args> kernel = new(device, Kernel);
        return () => kernel.Run(weights.Length, new(
            weights.View, weights.Gradient!.View, State.MeanView, State.SquareView, stepFactor.View, scalars.View,
            rule, l2, decayLength, weights.Length, isTable ? 1 : 0));
    }

    private static void Kernel(Args a)
    {
        StepScalars s = a.Scalars[0];
        float scale = a.StepFactor[0], epsilon = a.IsTable != 0 ? s.TableEpsilon : s.DenseEpsilon;
        for (long i = Grid.GlobalLinearIndex; i < a.Length; i += GridLoop.Stride)
        {
            float g = (a.Dw[i] + (i < a.DecayLength ? a.L2 * a.W[i] : 0)) * scale;
            if (a.IsTable != 0)
                a.Dw[i] = 0;
            if (scale != 0)
                a.Rule.Apply(ref a.W[i], g, ref a.M[i], ref a.V[i], s, epsilon);
        }
    }
}
