using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Interactions;

/// <summary>Bi-interaction pooling (He and Chua, SIGIR 2017, eq. 4): y = Σ_{i&lt;j} v_i ∘ v_j = ½ ((Σ_i v_i)² − Σ_i v_i²), the factorization machine before its last sum.</summary>
/// <remarks>
/// dv_i = dy ∘ (S − v_i), S = Σ_i v_i.
/// v (B, C·D)   y (B, D).   2 operations a value; v read once forwards, and once more with dv backwards. Every element is summed in one order: the same bits every run.
/// </remarks>
public sealed unsafe partial class BiInteraction : IOp
{
    private const int BlockRows = 64;

    private readonly Device device;
    private readonly Tensor v, y;
    private readonly int fields;
    private readonly Tensor.GradientSink dv;
    private readonly Action<int> forwardBlock, backwardBlock;
    private Action<KernelConfig, Args>? forward, backward;
    private int rows;

    /// <summary>What the kernels see; C fields of D values.</summary>
    public readonly record struct Args(ArrayView<float> V, ArrayView<float> Y, GradientView Dv, ArrayView<float> Dy, int Rows, int C, int D);

    /// <param name="device">Where it runs.</param>
    /// <param name="v">(B, C·D) vectors side by side.</param>
    /// <param name="y">(B, D) output.</param>
    public BiInteraction(Device device, Tensor v, Tensor y)
    {
        if (y.Columns == 0 || v.Columns % y.Columns != 0)
            throw new Devices.KernelException($"bi-interaction: {v} are not vectors of the width of {y} on {device}");
        (this.device, this.v, this.y, fields) = (device, v, y, v.Columns / y.Columns);
        dv = v.Consume();
        (forwardBlock, backwardBlock) = (ForwardBlock, BackwardBlock);
    }

    /// <summary>v (B, C·D).</summary>
    public Tensor Input => v;

    /// <summary>y (B, D).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"bi-interaction {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass)
    {
        if (device.UsesSimd)
            Run(pass, forwardBlock);
        else
            device.Load(ref forward, ForwardKernel)(device.Grid((long)pass.Rows * y.Columns), Bind(pass));
    }

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        if (dv.Target is null)
            return;
        if (device.UsesSimd)
            Run(pass, backwardBlock);
        else
            device.Load(ref backward, BackwardKernel)(device.Grid((long)pass.Rows * y.Columns), Bind(pass));
    }

    private Args Bind(in Pass pass) => new(v.View, y.View, dv.View, y.BoundGradient, pass.Rows, fields, y.Columns);

    /// <summary>One item = one value of y: neighbours read neighbouring values.</summary>
    private static void ForwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows * a.D; i += GridExtensions.Stride)
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
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows * a.D; i += GridExtensions.Stride)
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

    private void Run(in Pass pass, Action<int> block)
    {
        rows = pass.Rows;
        device.Team!.Run(rows, BlockRows, block);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardBlock(int block)
    {
        int d = y.Columns, last = Math.Min(rows, (block + 1) * BlockRows);
        for (int b = block * BlockRows; b < last; b++)
            for (int j = 0; j < d; j += Lanes.Count)
            {
                int count = Math.Min(Lanes.Count, d - j);
                float* from = v.Pointer + (long)b * v.Columns + j;
                Vector512<float> sum = default, squares = default;
                for (int c = 0; c < fields; c++, from += d)
                {
                    Vector512<float> value = Lanes.Load(from, count);
                    sum += value;
                    squares = Vector512.FusedMultiplyAdd(value, value, squares);
                }
                Lanes.Store((sum * sum - squares) * 0.5f, y.Pointer + (long)b * d + j, count);
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardBlock(int block)
    {
        int d = y.Columns, last = Math.Min(rows, (block + 1) * BlockRows);
        for (int b = block * BlockRows; b < last; b++)
            for (int j = 0; j < d; j += Lanes.Count)
            {
                int count = Math.Min(Lanes.Count, d - j);
                long first = (long)b * v.Columns + j;
                Vector512<float> sum = default, dy = Lanes.Load(y.Gradient!.Pointer + (long)b * d + j, count);
                for (int c = 0; c < fields; c++)
                    sum += Lanes.Load(v.Pointer + first + c * d, count);
                for (int c = 0; c < fields; c++)
                    dv.Write(first + c * d, dy * (sum - Lanes.Load(v.Pointer + first + c * d, count)), count);
            }
    }
}
