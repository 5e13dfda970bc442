using GpuCtr.Kernels.Optimizers;

namespace GpuCtr.Kernels.Embedding;

/// <summary>What moves the rows of a table by their gradient.</summary>
public interface ITableUpdate
{
    /// <summary>What the optimizer remembers.</summary>
    OptimizerState State { get; }

    /// <summary>Moves the rows of this batch, or all rows.</summary>
    void Run();
}
