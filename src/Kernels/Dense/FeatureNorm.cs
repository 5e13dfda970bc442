using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Dense;

/// <summary>Normalizes each row over its units by the length of its deviations: the normalization of torch-rechub's Dice.</summary>
/// <remarks>
/// c_h = x_h − mean(x),  z_h = c_h / s,  s = √(Σ_h c_h² + H ε);   dx_h = (dz_h − mean(dz) − z_h Σ_k dz_k z_k) / s.
/// No mean is taken under the root, so |z| is at most 1. There are no batch statistics: training and evaluation are alike.
/// x, z (R, H)   s (R) saved.   Reads x twice; backward reads dz and z twice. One thread sums one row in order: the same bits every run.
/// </remarks>
public sealed unsafe partial class FeatureNorm : IOp
{
    private const int BlockRows = 64;

    private readonly Device device;
    private readonly Tensor x, z, length;
    private readonly float epsilon;
    private readonly Tensor.GradientSink dx;
    private readonly Action<int> forwardBlock, backwardBlock;
    private Action<KernelConfig, Args>? forward, backward;
    private int rows;

    /// <summary>What the kernels see; Length is (R): s.</summary>
    public readonly record struct Args(
        ArrayView<float> X, ArrayView<float> Z, ArrayView<float> Length, GradientView Dx, ArrayView<float> Dz, int Rows, int Columns, float Epsilon);

    /// <param name="workspace">Where s is reserved.</param>
    /// <param name="x">(R, H) input.</param>
    /// <param name="z">(R, H) output.</param>
    /// <param name="epsilon">ε.</param>
    public FeatureNorm(Workspace workspace, Tensor x, Tensor z, float epsilon)
    {
        if (x.Columns != z.Columns || x.Group != z.Group)
            throw new Devices.KernelException($"feature norm: x {x}, z {z} do not fit on {workspace.Device}");
        (device, this.x, this.z, this.epsilon) = (workspace.Device, x, z, epsilon);
        length = workspace.Tensor($"{z.Name} length", x.Rows, 1, group: x.Group);
        dx = x.Consume();
        (forwardBlock, backwardBlock) = (ForwardBlock, BackwardBlock);
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
    public void Forward(in Pass pass)
    {
        if (device.UsesSimd)
            Run(pass, forwardBlock);
        else
            device.Load(ref forward, ForwardKernel)(device.Grid(pass.RowsOf(x)), Bind(pass));
    }

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        if (dx.Target is null)
            return;
        if (device.UsesSimd)
            Run(pass, backwardBlock);
        else
            device.Load(ref backward, BackwardKernel)(device.Grid(pass.RowsOf(x)), Bind(pass));
    }

    private Args Bind(in Pass pass) => new(
        x.View, z.View, length.View, dx.View, z.BoundGradient, pass.RowsOf(x), x.Columns, epsilon);

    private static void ForwardKernel(Args a)
    {
        for (int r = Grid.GlobalLinearIndex; r < a.Rows; r += GridExtensions.Stride)
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
        for (int r = Grid.GlobalLinearIndex; r < a.Rows; r += GridExtensions.Stride)
        {
            long first = (long)r * a.Columns, end = first + a.Columns;
            float sum = 0, along = 0;
            for (long i = first; i < end; i++)
            {
                sum += a.Dz[i];
                along += a.Dz[i] * a.Z[i];
            }
            for (long i = first; i < end; i++)
            {
                float value = (a.Dz[i] - sum / a.Columns - a.Z[i] * along) / a.Length[r];
                a.Dx.Write(i, value);
            }
        }
    }

    private void Run(in Pass pass, Action<int> block)
    {
        rows = pass.RowsOf(x);
        device.Team!.Run(rows, BlockRows, block);
    }

    private void ForwardBlock(int block)
    {
        int n = x.Columns;
        for (int r = block * BlockRows; r < Math.Min(rows, (block + 1) * BlockRows); r++)
        {
            float* from = x.Pointer + (long)r * n, to = z.Pointer + (long)r * n;
            float sum = 0, squares = n * epsilon;
            for (int h = 0; h < n; h++)
                sum += from[h];
            float mean = sum / n;
            for (int h = 0; h < n; h++)
                squares += (from[h] - mean) * (from[h] - mean);
            float s = length.Pointer[r] = MathF.Sqrt(squares);
            for (int h = 0; h < n; h++)
                to[h] = (from[h] - mean) / s;
        }
    }

    private void BackwardBlock(int block)
    {
        int n = x.Columns;
        for (int r = block * BlockRows; r < Math.Min(rows, (block + 1) * BlockRows); r++)
        {
            float* g = z.Gradient!.Pointer + (long)r * n, value = z.Pointer + (long)r * n, to = dx.Target!.Pointer + (long)r * n;
            float sum = 0, along = 0, s = length.Pointer[r];
            for (int h = 0; h < n; h++)
            {
                sum += g[h];
                along += g[h] * value[h];
            }
            for (int h = 0; h < n; h++)
                to[h] = (g[h] - sum / n - value[h] * along) / s + (dx.Accumulates ? to[h] : 0);
        }
    }
}
