namespace GpuCtr.Kernels.Optimizers;

/// <summary>The scalars that change from step to step, in a device buffer, so that recorded launches never change.</summary>
public struct StepScalars
{
    /// <summary>Number of the step, from 1; dropout masks are a function of it.</summary>
    public int Step;

    /// <summary>Learning rate η of this step.</summary>
    public float LearningRate;

    /// <summary>Factor of Adam's update: η √(1−β₂ᵗ) / (1−β₁ᵗ).</summary>
    public float StepSize;

    /// <summary>Adam's ε next to the uncorrected √v: ε √(1−β₂ᵗ) on dense tensors.</summary>
    public float DenseEpsilon;

    /// <summary>The same for tables: plain ε under lazy Adam (PyTorch's SparseAdam), else as for dense tensors.</summary>
    public float TableEpsilon;
}
