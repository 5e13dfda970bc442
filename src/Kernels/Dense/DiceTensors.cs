using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Dense;

/// <summary>Inputs and state of Dice.</summary>
/// <param name="X">(R, H) input.</param>
/// <param name="Alpha">(1, H).</param>
/// <param name="RunningMean">(1, H) state.</param>
/// <param name="RunningVariance">(1, H) state.</param>
/// <param name="Constants">ε, μ and the kind of running variance.</param>
public readonly record struct DiceTensors(Tensor X, Tensor Alpha, Tensor RunningMean, Tensor RunningVariance, DiceConstants Constants)
{
    /// <summary>(4, H) mean, variance, mean of g, mean of g u of the pass, on all ranks.</summary>
    internal Tensor Statistics { get; private init; } = null!;

    /// <summary>The same with statistics reserved.</summary>
    /// <exception cref="KernelException">Sizes do not fit.</exception>
    internal DiceTensors Plan(Workspace workspace)
    {
        foreach (Tensor t in new[] { Alpha, RunningMean, RunningVariance })
            if (t.Length != X.Columns)
                throw new KernelException($"dice: {t} does not fit x {X} on {workspace.Device}");
        return this with { Statistics = workspace.Tensor($"{X.Name} statistics", 4, X.Columns) };
    }
}
