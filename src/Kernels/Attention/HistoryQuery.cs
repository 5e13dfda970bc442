using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Onnx;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Attention;

/// <summary>The target of each example as a tensor: q, the concatenated vectors of the target fields.</summary>
/// <remarks>
/// dq is added to the gradients of the field vectors.
/// q (B, E).   One copy each way.
/// </remarks>
public sealed unsafe class HistoryQuery : IOp
{
    private readonly Device device;
    private readonly BehaviourHistory history;
    private readonly Tensor q;
    private readonly Tensor.GradientSink dVectors;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(BehaviourHistory.View History, ArrayView<float> Q, ArrayView<float> Dq, int B);

    /// <param name="device">The device.</param>
    /// <param name="history">The history whose target is meant.</param>
    /// <param name="q">(B, E) output.</param>
    public HistoryQuery(Device device, BehaviourHistory history, Tensor q)
    {
        if (q.Columns != history.E || q.RowKind != RowKind.Batch)
            throw new KernelException($"history query: {q} does not fit targets of width {history.E} on {device}");
        (this.device, this.history, this.q) = (device, history, q);
        dVectors = history.Vectors.Consume();
        variant = device.Select(Portable, Simd);
    }

    /// <summary>q (B, E).</summary>
    public Tensor Output => q;

    /// <inheritdoc/>
    public string Name => $"history query {q.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        // The target's gradient is added to that of the tower, which writes first, because it was recorded later.
        if (!dVectors.Accumulates)
            throw new KernelException($"{Name}: the target's vector must also be read by an op recorded later");
        variant.Backward(pass);
    }

    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, q, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, q, 3);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[q] = history.ExportQuery(g);

    private OpVariant Simd() => new(
        (in Pass pass) =>
        {
            for (int b = 0; b < pass.Rows; b++)
                for (int field = 0; field < history.Bases.Length; field++)
                    history.Vectors.Span(Target(b, field), history.D).CopyTo(q.Span((long)b * q.Columns + field * history.D, history.D));
        },
        (in Pass pass) =>
        {
            for (int b = 0; b < pass.Rows; b++)
                for (int field = 0; field < history.Bases.Length; field++)
                    Sums.Add(dVectors.Target!.Pointer + Target(b, field), q.Gradient!.Pointer + (long)b * q.Columns + field * history.D, history.D);
        });

    private long Target(int b, int field) => (long)b * history.Vectors.Columns + history.TargetFields.Pointer[field] * history.D;

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new(
            (in Pass pass) => forward.Run((long)pass.Rows * q.Columns, Bind(pass)),
            (in Pass pass) => backward.Run((long)pass.Rows * q.Columns, Bind(pass)));
    }

    private Args Bind(in Pass pass) => new(history.Bind(), q.View, q.BoundGradient, pass.Rows);

    private static void ForwardKernel(Args a)
    {
        int e = a.History.E;
        for (long i = Grid.GlobalLinearIndex; i < (long)a.B * e; i += GridLoop.Stride)
            a.Q[i] = a.History.Vectors[a.History.Query((int)(i / e), (int)(i % e))];
    }

    private static void BackwardKernel(Args a)
    {
        int e = a.History.E;
        for (long i = Grid.GlobalLinearIndex; i < (long)a.B * e; i += GridLoop.Stride)
            a.History.Dvectors[a.History.Query((int)(i / e), (int)(i % e))] += a.Dq[i];
    }
}
