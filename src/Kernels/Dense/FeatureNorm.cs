using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Dense;

/// <summary>Normalizes each row over its units by the norm of its deviations: the normalization in torch-rechub's Dice.</summary>
/// <remarks>
/// c_h = x_h − mean(x),  z_h = c_h / s,  s = √(Σ_h c_h² + H ε);   dx_h = (dz_h − mean(dz) − z_h Σ_k dz_k z_k) / s.
/// The sum under the root is not divided by H, so |z| is at most 1. There are no batch statistics: training and evaluation are the same.
/// x, z (R, H)   s (R) saved.   Reads x twice; backward reads dz and z twice. One thread sums one row in order: the same bits every run.
/// </remarks>
public sealed partial class FeatureNorm : IOp
{
    private readonly Device device;
    private readonly Tensor x, z, length;
    private readonly float epsilon;
    private readonly Tensor.GradientSink dx;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments; Length is (R): s.</summary>
    public readonly record struct Args(
        ArrayView<float> X, ArrayView<float> Z, ArrayView<float> Length, GradientView Dx, ArrayView<float> Dz, int Rows, int Columns, float Epsilon);

    /// <param name="workspace">Reserves s.</param>
    /// <param name="x">(R, H) input.</param>
    /// <param name="z">(R, H) output.</param>
    /// <param name="epsilon">ε.</param>
    public FeatureNorm(Workspace workspace, Tensor x, Tensor z, float epsilon)
    {
        if (x.Columns != z.Columns || x.RowKind != z.RowKind)
            throw new KernelException($"feature norm: x {x}, z {z} do not fit on {workspace.Device}");
        (device, this.x, this.z, this.epsilon) = (workspace.Device, x, z, epsilon);
        length = workspace.Tensor($"{z.Name} length", x.Rows, 1, kind: x.RowKind);
        dx = x.Consume();
        variant = device.Select(Portable, Simd);
    }

    /// <summary>x (R, H).</summary>
    public Tensor Input => x;

    /// <summary>z (R, H).</summary>
    public Tensor Output => z;

    /// <summary>ε.</summary>
    public float Epsilon => epsilon;

    /// <inheritdoc/>
    public string Name => $"feature norm {z.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        if (dx.Target is not null)
            variant.Backward(pass);
    }

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new((in Pass pass) => forward.Run(pass.RowsOf(x), Bind(pass)), (in Pass pass) => backward.Run(pass.RowsOf(x), Bind(pass)));
    }

    private Args Bind(in Pass pass) => new(
        x.View, z.View, length.View, dx.View, z.BoundGradient, pass.RowsOf(x), x.Columns, epsilon);

    private static void ForwardKernel(Args a)
    {
        for (int r = Grid.GlobalLinearIndex; r < a.Rows; r += GridLoop.Stride)
        {
            long first = (long)r * a.Columns, end = first + a.Columns;
            float sum = 0, squares = a.Columns * a.Epsilon;
            for (long i = first; i < end; i++)
                sum += a.X[i];
            float mean = sum / a.Columns;
            for (long i = first; i < end; i++)
                squares += (a.X[i] - mean) * (a.X[i] - mean);
            float s = XMath.Sqrt(squares);
            a.Length[r] = s;
            for (long i = first; i < end; i++)
                a.Z[i] = (a.X[i] - mean) / s;
        }
    }

    private static void BackwardKernel(Args a)
    {
        for (int r = Grid.GlobalLinearIndex; r < a.Rows; r += GridLoop.Stride)
        {
            long first = (long)r * a.Columns, end = first + a.Columns;
            float sum = 0, along = 0;
            for (long i = first; i < end; i++)
            {
                sum += a.Dz[i];
                along += a.Dz[i] * a.Z[i];
            }
            for (long i = first; i < end; i++)
                a.Dx.Write(i, (a.Dz[i] - sum / a.Columns - a.Z[i] * along) / a.Length[r]);
        }
    }
}
