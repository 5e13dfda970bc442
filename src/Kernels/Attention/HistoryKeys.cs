using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Onnx;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Attention;

/// <summary>The keys of a history as a tensor, for models in which several ops read them: k_t, the concatenated vectors of the columns at position t.</summary>
/// <remarks>
/// Writes the row gradients of these lookups: dk. An op that gathers the same keys in place is recorded before this one, and adds.
/// k (T, E) over positions.   One gather and one scatter of T·E values.
/// </remarks>
public sealed unsafe class HistoryKeys : IOp
{
    private const int BlockRows = 128;

    private readonly Device device;
    private readonly BehaviourHistory history;
    private readonly Tensor k;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(BehaviourHistory.View History, ArrayView<float> K, ArrayView<float> Dk, int T);

    /// <param name="device">The device.</param>
    /// <param name="history">The history.</param>
    /// <param name="k">(T, E) output.</param>
    public HistoryKeys(Device device, BehaviourHistory history, Tensor k)
    {
        if (k.Columns != history.E || k.RowKind != history.PositionRows)
            throw new KernelException($"history keys: {k} do not fit keys of width {history.E} on {device}");
        (this.device, this.history, this.k) = (device, history, k);
        variant = device.Select(Portable, () => RowBlocks.Variant(device, k, BlockRows, GatherRows, ScatterRows));
    }

    /// <summary>k (T, E).</summary>
    public Tensor Output => k;

    /// <inheritdoc/>
    public string Name => $"history keys {k.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, k, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, k, 2);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[k] = history.ExportKeys(g);

    private void GatherRows(int first, int end) => history.GatherRows(k.Pointer + (long)first * k.Columns, first, end - first);

    private void ScatterRows(int first, int end)
    {
        int d = history.D;
        for (int field = 0; field < history.Bases.Length; field++)
        {
            float* from = k.Gradient!.Pointer + (long)first * k.Columns + field * d, to = history.KeyGradients(field, first);
            for (int t = first; t < end; t++, from += k.Columns, to += d)
                for (int j = 0; j < d; j += Lanes.Count)
                    Lanes.Store(Lanes.Load(from + j, d - j), to + j, d - j);
        }
    }

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new(
            (in Pass pass) => forward.Run((long)pass.RowsOf(k) * k.Columns, Bind(pass)),
            (in Pass pass) => backward.Run((long)pass.RowsOf(k) * k.Columns, Bind(pass)));
    }

    private Args Bind(in Pass pass) => new(history.Bind(), k.View, k.BoundGradient, pass.RowsOf(k));

    private static void ForwardKernel(Args a)
    {
        int e = a.History.E;
        for (long i = Grid.GlobalLinearIndex; i < (long)a.T * e; i += GridLoop.Stride)
            a.K[i] = a.History.Key((int)(i / e), (int)(i % e));
    }

    private static void BackwardKernel(Args a)
    {
        int e = a.History.E;
        for (long i = Grid.GlobalLinearIndex; i < (long)a.T * e; i += GridLoop.Stride)
            a.History.RowGradients[a.History.KeyGradient((int)(i / e), (int)(i % e))] = a.Dk[i];
    }
}
