using TorchSharp;
using static TorchSharp.torch;

namespace GpuCtr.Peers;

/// <summary>PyTorch's SparseAdam on sparse gradients and its Adam on all others, as the same sequences of torch operations.</summary>
internal sealed class Adam(IReadOnlyList<Tensor> parameters, double learningRate)
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;

    private readonly Tensor[] means = [.. parameters.Select(p => zeros(p.shape))], squares = [.. parameters.Select(p => zeros(p.shape))];
    private readonly Tensor weight1 = tensor((float)(1 - Beta1));
    private int step;

    /// <summary>Moves all parameters and forgets their gradients.</summary>
    public void Step()
    {
        step++;
        double correction1 = 1 - Math.Pow(Beta1, step), root2 = Math.Sqrt(1 - Math.Pow(Beta2, step));
        for (int i = 0; i < parameters.Count; i++)
        {
            Tensor g = parameters[i].grad!;
            if (g.is_sparse)
                Lazy(parameters[i], g, means[i], squares[i], learningRate * root2 / correction1);
            else
                Dense(parameters[i], g, means[i], squares[i], learningRate / correction1, root2);
            parameters[i].grad = null;
        }
    }

    /// <summary>Rows of a coalesced gradient are different, so they may be taken out and put back.</summary>
    private static void Lazy(Tensor w, Tensor gradient, Tensor m, Tensor v, double stepSize)
    {
        // TorchSharp has no coalesce(); a power of a sparse tensor is coalesced first, and 1 copies.
        Tensor g = gradient.pow(1), rows = g.SparseIndices.squeeze(0), dw = g.SparseValues;
        Tensor mean = m.index_select(0, rows).mul_(Beta1).add_(dw, 1 - Beta1);
        Tensor square = v.index_select(0, rows).mul_(Beta2).addcmul_(dw, dw, 1 - Beta2);
        m.index_copy_(0, rows, mean);
        v.index_copy_(0, rows, square);
        w.index_copy_(0, rows, w.index_select(0, rows).addcdiv_(mean, square.sqrt().add_(Epsilon), -stepSize));
    }

    private void Dense(Tensor w, Tensor dw, Tensor m, Tensor v, double stepSize, double root2)
    {
        m.lerp_(dw, weight1);
        v.mul_(Beta2).addcmul_(dw, dw, 1 - Beta2);
        w.addcdiv_(m, v.sqrt().div_(root2).add_(Epsilon), -stepSize);
    }
}
