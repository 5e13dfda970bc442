using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Attention;

/// <summary>Elementwise product of interest and target: y = u ∘ q, q the query of the history (u ∘ i in the tower of the DIN authors' code).</summary>
/// <remarks>
/// du = dy ∘ q,  dq += dy ∘ u.
/// u, y (B, E)   q gathered from the field vectors.   One pass each way; every element is written by one thread: the same bits every run.
/// </remarks>
public sealed unsafe partial class TargetProduct : IOp
{
    private readonly Device device;
    private readonly BehaviourHistory history;
    private readonly Tensor u, y;
    private readonly Tensor.GradientSink du, dVectors;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(
        BehaviourHistory.View History, ArrayView<float> U, ArrayView<float> Y, GradientView Du, ArrayView<float> Dy, int B);

    /// <param name="device">The device.</param>
    /// <param name="history">The histories of the targets.</param>
    /// <param name="u">(B, E).</param>
    /// <param name="y">(B, E) output.</param>
    public TargetProduct(Device device, BehaviourHistory history, Tensor u, Tensor y)
    {
        if (u.Columns != history.E || y.Columns != history.E)
            throw new KernelException($"target product: u {u}, y {y} do not fit a target of width {history.E} on {device}");
        (this.device, this.history, this.u, this.y) = (device, history, u, y);
        (du, dVectors) = (u.Consume(), history.Vectors.Consume());
        variant = device.Select(Portable, Simd);
    }

    /// <summary>The histories of the targets.</summary>
    public BehaviourHistory History => history;

    /// <summary>u (B, E).</summary>
    public Tensor Input => u;

    /// <summary>y (B, E).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"target product {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        // The target's gradient is added to that of the tower, which has written before, because the tower was recorded later.
        if (!dVectors.Accumulates)
            throw new KernelException($"{Name}: the target's vector must also be read by an op recorded later");
        variant.Backward(pass);
    }

    private OpVariant Simd() => new(
        (in Pass pass) =>
        {
            int d = history.D;
            for (int b = 0; b < pass.Rows; b++)
                for (int e = 0; e < history.E; e++)
                    y.Pointer[(long)b * history.E + e] = u.Pointer[(long)b * history.E + e] * history.Vectors.Pointer[Query(b, e, d)];
        },
        (in Pass pass) =>
        {
            int d = history.D;
            for (int b = 0; b < pass.Rows; b++)
                for (int e = 0; e < history.E; e++)
                {
                    long i = (long)b * history.E + e, query = Query(b, e, d);
                    float g = y.Gradient!.Pointer[i];
                    if (du.Target is { } target)
                        target.Pointer[i] = g * history.Vectors.Pointer[query] + (du.Accumulates ? target.Pointer[i] : 0);
                    dVectors.Target!.Pointer[query] += g * u.Pointer[i];
                }
        });

    private long Query(int b, int e, int d) => (long)b * history.Vectors.Columns + history.TargetFields.Pointer[e / d] * d + e % d;

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new(
            (in Pass pass) => forward.Run((long)pass.Rows * history.E, Bind(pass)),
            (in Pass pass) => backward.Run((long)pass.Rows * history.E, Bind(pass)));
    }

    private Args Bind(in Pass pass) => new(
        history.Bind(), u.View, y.View, du.View, y.BoundGradient, pass.Rows);

    private static void ForwardKernel(Args a)
    {
        int e = a.History.E;
        for (long i = Grid.GlobalLinearIndex; i < (long)a.B * e; i += GridLoop.Stride)
            a.Y[i] = a.U[i] * a.History.Vectors[a.History.Query((int)(i / e), (int)(i % e))];
    }

    private static void BackwardKernel(Args a)
    {
        int e = a.History.E;
        for (long i = Grid.GlobalLinearIndex; i < (long)a.B * e; i += GridLoop.Stride)
        {
            long query = a.History.Query((int)(i / e), (int)(i % e));
            float g = a.Dy[i];
            a.Du.Write(i, g * a.History.Vectors[query]);
            a.History.Dvectors[query] += g * a.U[i];
        }
    }
}
