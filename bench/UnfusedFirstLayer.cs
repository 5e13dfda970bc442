using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Data.Features;
using GpuCtr.Kernels;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Onnx;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Bench;

/// <summary>First layer of the activation unit of DIN as frameworks compute it: the baseline for <see cref="ActivationUnitFirstLayer"/>.</summary>
/// <remarks>
/// x_t = [q, k_t, q − k_t, q ∘ k_t] is gathered and stored,  z = x Wᵀ + β and its gradients are the products of an ordinary Linear;
/// dk_t += dx_k − dx_d + dx_p ∘ q,  dq += Σ_t dx_q + dx_d + dx_p ∘ k_t.
/// x, dx (T, 4E)   z (T, H): 8·T·E·H operations forward, twice that backward, and 4·E·T floats written and read for x and for dx.
/// Rows of the batch go over the worker team in fixed blocks: the same bits every run. SIMD device only.
/// </remarks>
internal sealed unsafe class UnfusedFirstLayer : IOp, IDisposable
{
    private const int BlockRows = 8;

    private readonly Device device;
    private readonly BehaviourHistory history;
    private readonly Tensor x;
    private readonly Linear linear;
    private readonly Action<int> gather, scatter;
    private readonly int d, e;
    private int rows;

    /// <param name="workspace">Where x and dx are reserved.</param>
    /// <param name="history">Keys and queries.</param>
    /// <param name="w">(H, 4E).</param>
    /// <param name="beta">(1, H).</param>
    /// <param name="z">(T, H) output.</param>
    public UnfusedFirstLayer(Workspace workspace, BehaviourHistory history, Tensor w, Tensor beta, Tensor z)
    {
        (device, this.history, d, e) = (workspace.Device, history, history.D, history.E);
        if (!device.UsesSimd)
            throw new KernelException($"the unfused first layer of the activation unit exists for the cpu device with SIMD kernels only, not on {device}");
        x = workspace.Tensor($"{z.Name} concatenation", history.MaxTokens, 4 * e, gradient: true, kind: history.PositionRows);
        linear = new Linear(workspace, x, w, beta, z, relu: false);
        // Its gradient is added to that of the tower, because the tower was recorded later.
        history.Vectors.Consume();
        (gather, scatter) = (GatherBlock, ScatterBlock);
    }

    /// <inheritdoc/>
    public string Name => $"unfused {x.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass)
    {
        Run(pass, gather);
        linear.Forward(pass);
    }

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        linear.Backward(pass);
        Run(pass, scatter);
    }

    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => linear.ForwardWork(pass);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => linear.BackwardWork(pass);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => throw new NotSupportedException("only measured, never exported");

    /// <inheritdoc/>
    public void Dispose() => linear.Dispose();

    private void Run(in Pass pass, Action<int> block)
    {
        rows = pass.Rows;
        device.Team!.Run((rows + BlockRows - 1) / BlockRows, block);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void GatherBlock(int block)
    {
        int* offsets = history.Offsets.Pointer;
        for (int b = block * BlockRows, last = Math.Min(b + BlockRows, rows); b < last; b++)
            for (int field = 0; field < history.Bases.Length; field++)
            {
                int* ids = history.Rows.Pointer + history.Bases.Pointer[field];
                float* q = history.Vectors.Pointer + Query(b, field);
                for (int t = offsets[b]; t < offsets[b + 1]; t++)
                {
                    float* k = history.Table.Pointer + (long)ids[t] * d, to = x.Pointer + (long)t * 4 * e + field * d;
                    for (int j = 0; j < d; j += Lanes.Count)
                    {
                        int count = Math.Min(Lanes.Count, d - j);
                        Vector512<float> query = Lanes.Load(q + j, count), key = Lanes.Load(k + j, count);
                        Lanes.Store(query, to + j, count);
                        Lanes.Store(key, to + e + j, count);
                        Lanes.Store(query - key, to + 2 * e + j, count);
                        Lanes.Store(query * key, to + 3 * e + j, count);
                    }
                }
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ScatterBlock(int block)
    {
        int* offsets = history.Offsets.Pointer;
        for (int b = block * BlockRows, last = Math.Min(b + BlockRows, rows); b < last; b++)
            for (int field = 0; field < history.Bases.Length; field++)
            {
                float* dKeys = history.RowGradients.Pointer + ((long)history.GradientOffset + history.Bases.Pointer[field]) * d;
                float* q = history.Vectors.Pointer + Query(b, field), dq = history.Vectors.Gradient!.Pointer + Query(b, field);
                for (int j = 0; j < d; j += Lanes.Count)
                {
                    int count = Math.Min(Lanes.Count, d - j);
                    Vector512<float> query = Lanes.Load(q + j, count), sum = default;
                    for (int t = offsets[b]; t < offsets[b + 1]; t++)
                    {
                        long at = (long)t * 4 * e + field * d + j;
                        float* dx = x.Gradient!.Pointer + at, dKey = dKeys + (long)t * d + j;
                        Vector512<float> difference = Lanes.Load(dx + 2 * e, count), product = Lanes.Load(dx + 3 * e, count);
                        sum += Lanes.Load(dx, count) + Vector512.FusedMultiplyAdd(product, Lanes.Load(x.Pointer + at + e, count), difference);
                        Vector512<float> own = Vector512.FusedMultiplyAdd(product, query, Lanes.Load(dx + e, count) - difference);
                        Lanes.Store(Lanes.Load(dKey, count) + own, dKey, count);
                    }
                    Lanes.Store(Lanes.Load(dq + j, count) + sum, dq + j, count);
                }
            }
    }

    private long Query(int b, int field) => (long)b * history.Vectors.Columns + history.TargetFields.Pointer[field] * d;
}
