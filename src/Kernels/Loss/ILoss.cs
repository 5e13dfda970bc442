namespace GpuCtr.Kernels.Loss;

/// <summary>What a step minimizes: computes the loss of a batch between the forward and the backward pass, and the gradient of the tensors that it reads.</summary>
public interface ILoss
{
    /// <summary>Computes loss and gradients of the rows that the pass uses.</summary>
    void Run(in Pass pass);

    /// <summary>Minimum of bytes and operations of <see cref="Run"/> in a pass.</summary>
    Work Work(in Pass pass);
}
