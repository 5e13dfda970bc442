using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Dense;

/// <summary>Sum of two or three tensors of the same shape: y = a + b (+ c); the gradient of every input is dy.</summary>
/// <remarks>All (B, H). One pass in each direction.</remarks>
public sealed partial class Add : IOp
{
    private readonly Device device;
    private readonly Tensor y;
    private readonly Tensor[] inputs;
    private readonly Tensor.GradientSink[] sinks;
    private readonly OpVariant variant;

    /// <summary>Arguments of the forward kernel; Terms is 2 without a third input.</summary>
    public readonly record struct Args(ArrayView<float> Y, ArrayView<float> A, ArrayView<float> B, ArrayView<float> C, int Terms, long Length);

    /// <summary>Arguments of the backward kernel: the gradients in the order of <see cref="sinks"/>, the third is unused if there are two.</summary>
    public readonly record struct BackwardArgs(GradientView First, GradientView Second, GradientView Third, ArrayView<float> Dy, long Length);

    /// <param name="device">The device.</param>
    /// <param name="y">(B, H) output.</param>
    /// <param name="inputs">Two or three (B, H) inputs.</param>
    public Add(Device device, Tensor y, params Tensor[] inputs)
    {
        if (inputs.Length is < 2 or > 3 || inputs.Any(x => x.Columns != y.Columns || x.Rows != y.Rows))
            throw new KernelException($"add: {string.Join(", ", inputs.AsEnumerable())} do not sum to {y} on {device}");
        (this.device, this.y, this.inputs) = (device, y, inputs);
        // In the order of backward: the gradient of a tensor that is added to itself is first written, then added to.
        sinks = inputs.Select(x => x.Consume()).Reverse().ToArray();
        variant = device.Select(Portable, Simd);
    }

    /// <summary>Two or three terms, (B, H).</summary>
    public IReadOnlyList<Tensor> Inputs => inputs;

    /// <summary>(B, H).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"add {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    private long Length(in Pass pass) => (long)pass.RowsOf(y) * y.Columns;

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel);
        Kernel<BackwardArgs> backward = new(device, BackwardKernel);
        return new(
            (in Pass pass) => forward.Run(Length(pass), new(y.View, inputs[0].View, inputs[1].View, inputs[^1].View, inputs.Length, Length(pass))),
            (in Pass pass) => backward.Run(Length(pass), new(
                sinks[0].View, sinks[1].View, sinks.Length > 2 ? sinks[2].View : GradientView.Dropped(y.View), y.Gradient!.View, Length(pass))));
    }

    private static void ForwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < a.Length; i += GridLoop.Stride)
            a.Y[i] = a.A[i] + a.B[i] + (a.Terms > 2 ? a.C[i] : 0);
    }

    private static void BackwardKernel(BackwardArgs a)
    {
        for (long i = Grid.GlobalLinearIndex; i < a.Length; i += GridLoop.Stride)
        {
            float dy = a.Dy[i];
            a.First.Write(i, dy);
            a.Second.Write(i, dy);
            a.Third.Write(i, dy);
        }
    }
}
