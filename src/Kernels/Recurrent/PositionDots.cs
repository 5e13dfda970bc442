using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Recurrent;

/// <summary>Scores of the positions of each example for a vector of the example: s_t = ⟨h_t, v_b⟩; with v = W q, the bilinear attention of DIEN (Zhou et al., AAAI 2019, eq. 6).</summary>
/// <remarks>
/// dh_t = ds_t v_b,  dv_b = Σ_t ds_t h_t, in the order of positions.
/// h (T, H) over positions   v (B, H)   s (T, 1).   h is read once in each direction, and dh written.
/// </remarks>
public sealed unsafe partial class PositionDots : IOp
{
    private const int BlockRows = 16;

    private readonly Device device;
    private readonly BehaviourHistory history;
    private readonly Tensor h, v, s;
    private readonly Tensor.GradientSink dh, dv;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(
        ArrayView<int> Offsets, ArrayView<int> Owners, ArrayView<float> H, ArrayView<float> V, ArrayView<float> S, GradientView Dh, GradientView Dv, ArrayView<float> Ds,
        int B, int T, int Columns);

    /// <param name="device">The device.</param>
    /// <param name="history">Which positions belong to which row.</param>
    /// <param name="h">(T, H).</param>
    /// <param name="v">(B, H).</param>
    /// <param name="s">(T, 1) output.</param>
    public PositionDots(Device device, BehaviourHistory history, Tensor h, Tensor v, Tensor s)
    {
        if (h.Columns != v.Columns || s.Columns != 1 || h.RowKind != history.PositionRows || v.RowKind != RowKind.Batch || s.RowKind != history.PositionRows)
            throw new KernelException($"position dots: h {h}, v {v}, s {s} do not fit on {device}");
        (this.device, this.history, this.h, this.v, this.s) = (device, history, h, v, s);
        (dh, dv) = (h.Consume(), v.Consume());
        variant = device.Select(Portable, () => RowBlocks.Variant(device, v, BlockRows, ForwardRows, BackwardRows));
    }

    /// <summary>h (T, H).</summary>
    public Tensor States => h;

    /// <summary>v (B, H).</summary>
    public Tensor Vectors => v;

    /// <summary>s (T, 1).</summary>
    public Tensor Output => s;

    /// <inheritdoc/>
    public string Name => $"position dots {s.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardRows(int firstRow, int endRow)
    {
        int columns = h.Columns;
        for (int b = firstRow; b < endRow; b++)
            for (int t = history.Offsets.Pointer[b]; t < history.Offsets.Pointer[b + 1]; t++)
            {
                float* state = h.Pointer + (long)t * columns, vector = v.Pointer + (long)b * columns;
                Vector512<float> dot = default;
                for (int j = 0; j < columns; j += Lanes.Count)
                    dot = Vector512.FusedMultiplyAdd(Lanes.Load(state + j, columns - j), Lanes.Load(vector + j, columns - j), dot);
                s.Pointer[t] = Vector512.Sum(dot);
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardRows(int firstRow, int endRow)
    {
        int columns = h.Columns;
        float* ds = s.Gradient!.Pointer;
        for (int b = firstRow; b < endRow; b++)
            for (int j = 0; j < columns; j += Lanes.Count)
            {
                int count = Math.Min(Lanes.Count, columns - j);
                Vector512<float> sum = default, vector = Lanes.Load(v.Pointer + (long)b * columns + j, count);
                for (int t = history.Offsets.Pointer[b]; t < history.Offsets.Pointer[b + 1]; t++)
                {
                    long at = (long)t * columns + j;
                    Vector512<float> g = Vector512.Create(ds[t]);
                    sum = Vector512.FusedMultiplyAdd(g, Lanes.Load(h.Pointer + at, count), sum);
                    dh.Write(at, g * vector, count);
                }
                dv.Write((long)b * columns + j, sum, count);
            }
    }

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), states = new(device, StatesKernel), vectors = new(device, VectorsKernel);
        return new(
            (in Pass pass) => forward.Run(pass.RowsOf(s), Bind(pass)),
            (in Pass pass) =>
            {
                states.Run((long)pass.RowsOf(h) * h.Columns, Bind(pass));
                vectors.Run((long)pass.Rows * h.Columns, Bind(pass));
            });
    }

    private Args Bind(in Pass pass) => new(
        history.Offsets.View, history.Owners.View, h.View, v.View, s.View, dh.View, dv.View, s.BoundGradient, pass.Rows, pass.RowsOf(s), h.Columns);

    private static void ForwardKernel(Args a)
    {
        for (int t = Grid.GlobalLinearIndex; t < a.T; t += GridLoop.Stride)
        {
            long state = (long)t * a.Columns, vector = (long)a.Owners[t] * a.Columns;
            float sum = 0;
            for (int j = 0; j < a.Columns; j++)
                sum += a.H[state + j] * a.V[vector + j];
            a.S[t] = sum;
        }
    }

    private static void StatesKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.T * a.Columns; i += GridLoop.Stride)
        {
            int t = (int)(i / a.Columns);
            a.Dh.Write(i, a.Ds[t] * a.V[(long)a.Owners[t] * a.Columns + i % a.Columns]);
        }
    }

    private static void VectorsKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.B * a.Columns; i += GridLoop.Stride)
        {
            int b = (int)(i / a.Columns);
            float sum = 0;
            for (int t = a.Offsets[b]; t < a.Offsets[b + 1]; t++)
                sum += a.Ds[t] * a.H[(long)t * a.Columns + i % a.Columns];
            a.Dv.Write(i, sum);
        }
    }
}
