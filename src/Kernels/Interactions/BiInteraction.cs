using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Interactions;

/// <summary>Bi-interaction pooling (He and Chua, SIGIR 2017, eq. 4): y = Σ_{i&lt;j} v_i ∘ v_j = ½ ((Σ_i v_i)² − Σ_i v_i²), the factorization machine before its last sum.</summary>
/// <remarks>
/// dv_i = dy ∘ (S − v_i), S = Σ_i v_i.
/// v (B, C·D)   y (B, D).   2 operations per value; v is read once forward, and once more with dv backward. Every element is summed in a fixed order: the same bits every run.
/// </remarks>
public sealed partial class BiInteraction : IOp
{
    private readonly Device device;
    private readonly Tensor v, y;
    private readonly int fields;
    private readonly Tensor.GradientSink dv;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments; C fields of D values.</summary>
    public readonly record struct Args(ArrayView<float> V, ArrayView<float> Y, GradientView Dv, ArrayView<float> Dy, int Rows, int C, int D);

    /// <param name="device">The device.</param>
    /// <param name="v">(B, C·D) concatenated vectors.</param>
    /// <param name="y">(B, D) output.</param>
    public BiInteraction(Device device, Tensor v, Tensor y)
    {
        if (y.Columns == 0 || v.Columns % y.Columns != 0)
            throw new KernelException($"bi-interaction: {v} are not vectors of the width of {y} on {device}");
        (this.device, this.v, this.y, fields) = (device, v, y, v.Columns / y.Columns);
        dv = v.Consume();
        variant = device.Select(Portable, Simd);
    }

    /// <summary>v (B, C·D).</summary>
    public Tensor Input => v;

    /// <summary>y (B, D).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"bi-interaction {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        if (dv.Target is not null)
            variant.Backward(pass);
    }

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new(
            (in Pass pass) => forward.Run((long)pass.Rows * y.Columns, Bind(pass)),
            (in Pass pass) => backward.Run((long)pass.Rows * y.Columns, Bind(pass)));
    }

    private Args Bind(in Pass pass) => new(v.View, y.View, dv.View, y.BoundGradient, pass.Rows, fields, y.Columns);

    /// <summary>One item = one value of y: neighbouring threads read neighbouring values.</summary>
    private static void ForwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows * a.D; i += GridLoop.Stride)
        {
            long first = i / a.D * a.C * a.D + i % a.D;
            float sum = 0, squares = 0;
            for (int c = 0; c < a.C; c++)
            {
                float v = a.V[first + (long)c * a.D];
                sum += v;
                squares += v * v;
            }
            a.Y[i] = 0.5f * (sum * sum - squares);
        }
    }

    private static void BackwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows * a.D; i += GridLoop.Stride)
        {
            long first = i / a.D * a.C * a.D + i % a.D;
            float sum = 0, dy = a.Dy[i];
            for (int c = 0; c < a.C; c++)
                sum += a.V[first + (long)c * a.D];
            for (int c = 0; c < a.C; c++)
            {
                long at = first + (long)c * a.D;
                a.Dv.Write(at, dy * (sum - a.V[at]));
            }
        }
    }
}
