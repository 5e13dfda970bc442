using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Recurrent;

/// <summary>Each row of a tensor times a number of the row: y_t = a_t x_t; before a GRU, that is AIGRU (Zhou et al., DIEN, AAAI 2019, eq. 9).</summary>
/// <remarks>
/// dx_t = a_t dy_t,  da_t = ⟨dy_t, x_t⟩.
/// x, y (T, H)   a (T, 1).   One pass each way.
/// </remarks>
public sealed unsafe partial class PositionScale : IOp
{
    private const int BlockRows = 256;

    private readonly Device device;
    private readonly Tensor x, a, y;
    private readonly Tensor.GradientSink dx, da;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(ArrayView<float> X, ArrayView<float> A, ArrayView<float> Y, GradientView Dx, GradientView Da, ArrayView<float> Dy, int T, int Columns);

    /// <param name="device">The device.</param>
    /// <param name="x">(T, H).</param>
    /// <param name="a">(T, 1).</param>
    /// <param name="y">(T, H) output.</param>
    public PositionScale(Device device, Tensor x, Tensor a, Tensor y)
    {
        if (x.Columns != y.Columns || a.Columns != 1 || x.RowKind != y.RowKind || a.RowKind != x.RowKind)
            throw new KernelException($"position scale: x {x}, a {a}, y {y} do not fit on {device}");
        (this.device, this.x, this.a, this.y) = (device, x, a, y);
        (dx, da) = (x.Consume(), a.Consume());
        variant = device.Select(Portable, () => RowBlocks.Variant(device, x, BlockRows, ForwardRows, BackwardRows));
    }

    /// <summary>x (T, H).</summary>
    public Tensor Input => x;

    /// <summary>a (T, 1).</summary>
    public Tensor Factors => a;

    /// <summary>y (T, H).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"position scale {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardRows(int first, int end)
    {
        int columns = x.Columns;
        for (int t = first; t < end; t++)
            for (int j = 0; j < columns; j += Lanes.Count)
                Lanes.Store(Lanes.Load(x.Pointer + (long)t * columns + j, columns - j) * a.Pointer[t], y.Pointer + (long)t * columns + j, columns - j);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardRows(int first, int end)
    {
        int columns = x.Columns;
        for (int t = first; t < end; t++)
        {
            Vector512<float> dot = default;
            for (int j = 0; j < columns; j += Lanes.Count)
            {
                long at = (long)t * columns + j;
                int count = Math.Min(Lanes.Count, columns - j);
                Vector512<float> dy = Lanes.Load(y.Gradient!.Pointer + at, count);
                dot = Vector512.FusedMultiplyAdd(dy, Lanes.Load(x.Pointer + at, count), dot);
                dx.Write(at, dy * a.Pointer[t], count);
            }
            da.Write(t, Vector512.CreateScalar(Vector512.Sum(dot)), 1);
        }
    }

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), inputs = new(device, InputsKernel), factors = new(device, FactorsKernel);
        return new(
            (in Pass pass) => forward.Run((long)pass.RowsOf(x) * x.Columns, Bind(pass)),
            (in Pass pass) =>
            {
                inputs.Run((long)pass.RowsOf(x) * x.Columns, Bind(pass));
                factors.Run(pass.RowsOf(x), Bind(pass));
            });
    }

    private Args Bind(in Pass pass) => new(x.View, a.View, y.View, dx.View, da.View, y.BoundGradient, pass.RowsOf(x), x.Columns);

    private static void ForwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.T * a.Columns; i += GridLoop.Stride)
            a.Y[i] = a.A[i / a.Columns] * a.X[i];
    }

    private static void InputsKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.T * a.Columns; i += GridLoop.Stride)
            a.Dx.Write(i, a.A[i / a.Columns] * a.Dy[i]);
    }

    private static void FactorsKernel(Args a)
    {
        for (int t = Grid.GlobalLinearIndex; t < a.T; t += GridLoop.Stride)
        {
            float sum = 0;
            for (int j = 0; j < a.Columns; j++)
                sum += a.Dy[(long)t * a.Columns + j] * a.X[(long)t * a.Columns + j];
            a.Da.Write(t, sum);
        }
    }
}
