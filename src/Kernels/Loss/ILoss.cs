namespace GpuCtr.Kernels.Loss;

/// <summary>The loss that a step minimizes: computed between the forward and the backward pass, with the gradients of the tensors that it reads.</summary>
public interface ILoss
{
    /// <summary>Computes loss and gradients of the rows that the pass uses.</summary>
    void Run(in Pass pass);

    /// <summary>Minimum of bytes and operations of <see cref="Run"/> in a pass.</summary>
    Work Work(in Pass pass);
}
