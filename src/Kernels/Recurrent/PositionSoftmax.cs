using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Recurrent;

/// <summary>Attention weights of the positions of each example: a_t = e^{s_t} / Σ_u e^{s_u}.</summary>
/// <remarks>
/// ds_t = a_t (da_t − Σ_u a_u da_u).   s, a (T, 1) over positions.   Sums are in the order of positions.
/// </remarks>
public sealed unsafe partial class PositionSoftmax : IOp
{
    private const int BlockRows = 64;

    private readonly Device device;
    private readonly BehaviourHistory history;
    private readonly Tensor s, a;
    private readonly Tensor.GradientSink ds;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(ArrayView<int> Offsets, ArrayView<float> S, ArrayView<float> A, GradientView Ds, ArrayView<float> Da, int B);

    /// <param name="device">The device.</param>
    /// <param name="history">Which positions belong to which row.</param>
    /// <param name="s">(T, 1).</param>
    /// <param name="a">(T, 1) output.</param>
    public PositionSoftmax(Device device, BehaviourHistory history, Tensor s, Tensor a)
    {
        if (s.Columns != 1 || a.Columns != 1 || s.RowKind != history.PositionRows || a.RowKind != history.PositionRows)
            throw new KernelException($"position softmax: s {s}, a {a} do not fit on {device}");
        (this.device, this.history, this.s, this.a) = (device, history, s, a);
        ds = s.Consume();
        variant = device.Select(Portable, () => RowBlocks.Variant(device, history.Vectors, BlockRows, ForwardRows, BackwardRows));
    }

    /// <summary>Which positions belong to which row.</summary>
    public BehaviourHistory History => history;

    /// <summary>s (T, 1).</summary>
    public Tensor Input => s;

    /// <summary>a (T, 1).</summary>
    public Tensor Output => a;

    /// <inheritdoc/>
    public string Name => $"position softmax {a.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardRows(int firstRow, int endRow)
    {
        for (int b = firstRow; b < endRow; b++)
        {
            int first = history.Offsets.Pointer[b], n = history.Offsets.Pointer[b + 1] - first;
            float* from = s.Pointer + first, to = a.Pointer + first;
            float highest = float.NegativeInfinity;
            for (int t = 0; t < n; t++)
                highest = MathF.Max(highest, from[t]);
            Vector512<float> sums = default;
            for (int t = 0; t < n; t += Lanes.Count)
            {
                Vector512<float> power = Lanes.First(Math512.Exp(Lanes.Load(from + t, n - t) - Vector512.Create(highest)), n - t);
                sums += power;
                Lanes.Store(power, to + t, n - t);
            }
            float sum = Vector512.Sum(sums);
            for (int t = 0; t < n; t += Lanes.Count)
                Lanes.Store(Lanes.Load(to + t, n - t) / sum, to + t, n - t);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardRows(int firstRow, int endRow)
    {
        for (int b = firstRow; b < endRow; b++)
        {
            int first = history.Offsets.Pointer[b], n = history.Offsets.Pointer[b + 1] - first;
            float* weight = a.Pointer + first, da = a.Gradient!.Pointer + first;
            Vector512<float> sums = default;
            for (int t = 0; t < n; t += Lanes.Count)
                sums = Vector512.FusedMultiplyAdd(Lanes.Load(weight + t, n - t), Lanes.Load(da + t, n - t), sums);
            Vector512<float> inner = Vector512.Create(Vector512.Sum(sums));
            for (int t = 0; t < n; t += Lanes.Count)
                ds.Write(first + t, Lanes.Load(weight + t, n - t) * (Lanes.Load(da + t, n - t) - inner), n - t);
        }
    }

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new((in Pass pass) => forward.Run(pass.Rows, Bind(pass)), (in Pass pass) => backward.Run(pass.Rows, Bind(pass)));
    }

    private Args Bind(in Pass pass) => new(history.Offsets.View, s.View, a.View, ds.View, a.BoundGradient, pass.Rows);

    /// <summary>One item = one row of the batch.</summary>
    private static void ForwardKernel(Args k)
    {
        for (int b = Grid.GlobalLinearIndex; b < k.B; b += GridLoop.Stride)
        {
            int first = k.Offsets[b], last = k.Offsets[b + 1];
            float highest = float.NegativeInfinity, sum = 0;
            for (int t = first; t < last; t++)
                highest = Math.Max(highest, k.S[t]);
            for (int t = first; t < last; t++)
                sum += XMath.Exp(k.S[t] - highest);
            for (int t = first; t < last; t++)
                k.A[t] = XMath.Exp(k.S[t] - highest) / sum;
        }
    }

    private static void BackwardKernel(Args k)
    {
        for (int b = Grid.GlobalLinearIndex; b < k.B; b += GridLoop.Stride)
        {
            int first = k.Offsets[b], last = k.Offsets[b + 1];
            float inner = 0;
            for (int t = first; t < last; t++)
                inner += k.A[t] * k.Da[t];
            for (int t = first; t < last; t++)
                k.Ds.Write(t, k.A[t] * (k.Da[t] - inner));
        }
    }
}
