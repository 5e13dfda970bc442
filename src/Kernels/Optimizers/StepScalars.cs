namespace GpuCtr.Kernels.Optimizers;

/// <summary>What changes from step to step, in a device buffer, so that the recorded launches themselves never change.</summary>
public struct StepScalars
{
    /// <summary>Number of the step, from 1; the dropout streams are a function of it.</summary>
    public int Step;

    /// <summary>Learning rate η of this step.</summary>
    public float LearningRate;

    /// <summary>Factor of Adam's update: η √(1−β₂ᵗ) / (1−β₁ᵗ).</summary>
    public float StepSize;

    /// <summary>Adam's ε beside the root as it stands in the state: ε √(1−β₂ᵗ) on dense tensors.</summary>
    public float DenseEpsilon;

    /// <summary>The same for tables: ε as it is under lazy Adam (PyTorch's SparseAdam), else as for dense tensors.</summary>
    public float TableEpsilon;
}
