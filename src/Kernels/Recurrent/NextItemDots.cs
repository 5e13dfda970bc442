using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Recurrent;

/// <summary>The logits of DIEN's auxiliary loss as in its paper (Zhou et al., AAAI 2019, eq. 5): ⟨h_t, e_{t+1}⟩ and ⟨h_t, ê_{t+1}⟩ for each position, 0 at the last one of a history.</summary>
/// <remarks>
/// dh_t = dz⁺_t e_{t+1} + dz⁻_t ê_{t+1},  de_{t+1} = dz⁺_t h_t,  dê_{t+1} = dz⁻_t h_t;  0 for h at the last position and for e and ê at the first.
/// h, e, ê (T, E)   z (2T, 1) over pairs.   One pass each way.
/// </remarks>
public sealed unsafe partial class NextItemDots : IOp
{
    private const int BlockRows = 16;

    private readonly Device device;
    private readonly NextItems items;
    private readonly Tensor z;
    private readonly NextItems.Sinks sinks;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(NextItems.View Items, ArrayView<float> Z, ArrayView<float> Dz);

    /// <param name="device">The device.</param>
    /// <param name="items">h, e and ê, all of one width.</param>
    /// <param name="z">(2T, 1) output.</param>
    public NextItemDots(Device device, NextItems items, Tensor z)
    {
        if (!items.Fit || items.States.Columns != items.Clicked.Columns || z.Columns != 1 || z.RowKind != items.PairRows)
            throw new KernelException($"next item dots: {items}, z {z} do not fit on {device}; the inner product needs states as wide as the items");
        (this.device, this.items, this.z) = (device, items, z);
        sinks = items.Consume();
        variant = device.Select(Portable, () => RowBlocks.Variant(device, items.History.Vectors, BlockRows, ForwardRows, BackwardRows));
    }

    /// <summary>h, e and ê.</summary>
    public NextItems Items => items;

    /// <summary>z (2T, 1).</summary>
    public Tensor Output => z;

    /// <inheritdoc/>
    public string Name => $"next item dots {z.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardRows(int firstRow, int endRow)
    {
        int e = items.Clicked.Columns;
        for (int b = firstRow; b < endRow; b++)
        {
            (int first, int end) = items.Positions(b);
            for (int t = first; t < end; t++)
            {
                Vector512<float> clicked = default, negative = default;
                float* h = items.States.Pointer + (long)t * e, next = items.Clicked.Pointer + (t + 1L) * e, other = items.Negative.Pointer + (t + 1L) * e;
                for (int j = 0; j < e && t + 1 < end; j += Lanes.Count)
                {
                    Vector512<float> state = Lanes.Load(h + j, e - j);
                    clicked = Vector512.FusedMultiplyAdd(state, Lanes.Load(next + j, e - j), clicked);
                    negative = Vector512.FusedMultiplyAdd(state, Lanes.Load(other + j, e - j), negative);
                }
                z.Pointer[2L * t] = Vector512.Sum(clicked);
                z.Pointer[2L * t + 1] = Vector512.Sum(negative);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardRows(int firstRow, int endRow)
    {
        int e = items.Clicked.Columns;
        for (int b = firstRow; b < endRow; b++)
        {
            (int first, int end) = items.Positions(b);
            for (int t = first; t < end; t++)
            {
                bool hasNext = t + 1 < end, hasPrevious = t > first;
                float* dz = z.Gradient!.Pointer + 2L * t;
                for (int j = 0; j < e; j += Lanes.Count)
                {
                    long at = (long)t * e + j;
                    int count = Math.Min(Lanes.Count, e - j);
                    sinks.States.Write(at, hasNext ? Lanes.Load(items.Clicked.Pointer + at + e, count) * dz[0] + Lanes.Load(items.Negative.Pointer + at + e, count) * dz[1] : default, count);
                    Vector512<float> before = hasPrevious ? Lanes.Load(items.States.Pointer + at - e, count) : default;
                    sinks.Clicked.Write(at, hasPrevious ? before * dz[-2] : default, count);
                    sinks.Negative.Write(at, hasPrevious ? before * dz[-1] : default, count);
                }
            }
        }
    }

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new(
            (in Pass pass) => forward.Run(pass.RowsOf(z), Bind(pass)),
            (in Pass pass) => backward.Run((long)pass.RowsOf(items.States) * items.States.Columns, Bind(pass)));
    }

    private Args Bind(in Pass pass) => new(items.Bind(pass, sinks), z.View, z.BoundGradient);

    private static void ForwardKernel(Args a)
    {
        NextItems.View v = a.Items;
        for (int row = Grid.GlobalLinearIndex; row < 2 * v.T; row += GridLoop.Stride)
        {
            int t = row / 2;
            float sum = 0;
            for (int j = 0; j < v.E && v.HasNext(t); j++)
            {
                long next = (t + 1L) * v.E + j;
                sum += v.States[(long)t * v.E + j] * (row % 2 == 0 ? v.Clicked[next] : v.Negative[next]);
            }
            a.Z[row] = sum;
        }
    }

    private static void BackwardKernel(Args a)
    {
        NextItems.View v = a.Items;
        for (long i = Grid.GlobalLinearIndex; i < (long)v.T * v.E; i += GridLoop.Stride)
        {
            int t = (int)(i / v.E);
            v.Dstates.Write(i, v.HasNext(t) ? a.Dz[2L * t] * v.Clicked[i + v.E] + a.Dz[2L * t + 1] * v.Negative[i + v.E] : 0);
            float before = v.HasPrevious(t) ? v.States[i - v.E] : 0;
            v.Dclicked.Write(i, v.HasPrevious(t) ? a.Dz[2L * t - 2] * before : 0);
            v.Dnegative.Write(i, v.HasPrevious(t) ? a.Dz[2L * t - 1] * before : 0);
        }
    }
}
