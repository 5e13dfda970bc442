using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Dense;

/// <summary>The gate of Dice (Zhou et al., KDD 2018, eq. 8) after a separate normalization: z is x, normalized by another op.</summary>
/// <remarks>
/// p = σ(z),  y = p x + (1 − p) α x;   dx = dy (α + (1 − α) p),  dz = dy x (1 − α) p (1 − p),  dα = Σ dy x (1 − p).
/// x, z, y (R, H)   α (H), or (1) for all units.   Reads x and z once each way. One thread sums one α in order: the same bits every run.
/// </remarks>
public sealed partial class DiceGate : IOp
{
    private readonly Device device;
    private readonly Tensor x, z, alpha, y;
    private readonly Tensor.GradientSink dx, dz;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments; Shared: one α for all units.</summary>
    public readonly record struct Args(
        ArrayView<float> X, ArrayView<float> Z, ArrayView<float> Y, ArrayView<float> Alpha,
        GradientView Dx, GradientView Dz, ArrayView<float> Dy, ArrayView<float> Dalpha,
        int Rows, int Columns, int Shared);

    /// <param name="device">The device.</param>
    /// <param name="x">(R, H) what is gated.</param>
    /// <param name="z">(R, H) what decides.</param>
    /// <param name="alpha">(1, H) or (1, 1).</param>
    /// <param name="y">(R, H) output.</param>
    public DiceGate(Device device, Tensor x, Tensor z, Tensor alpha, Tensor y)
    {
        if (x.Columns != y.Columns || z.Columns != y.Columns || alpha.Length != y.Columns && alpha.Length != 1)
            throw new KernelException($"dice gate: x {x}, z {z}, α {alpha}, y {y} do not fit on {device}");
        (this.device, this.x, this.z, this.alpha, this.y) = (device, x, z, alpha, y);
        (dx, dz) = (x.Consume(), z.Consume());
        variant = device.Select(Portable, Simd);
    }

    /// <summary>x (R, H): what is gated.</summary>
    public Tensor Input => x;

    /// <summary>z (R, H): what decides.</summary>
    public Tensor Gate => z;

    /// <summary>α (1, H) or (1, 1).</summary>
    public Tensor Alpha => alpha;

    /// <summary>y (R, H).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"dice gate {y.Name}";

    private bool Shared => alpha.Length == 1;

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel), alphaGradient = new(device, AlphaGradientKernel);
        return new(
            (in Pass pass) => forward.Run((long)pass.RowsOf(x) * x.Columns, Bind(pass)),
            (in Pass pass) =>
            {
                Args args = Bind(pass);
                alphaGradient.Run(alpha.Length, args);
                backward.Run((long)args.Rows * x.Columns, args);
            });
    }

    private Args Bind(in Pass pass) => new(
        x.View, z.View, y.View, alpha.View, dx.View, dz.View, y.BoundGradient, alpha.BoundGradient,
        pass.RowsOf(x), x.Columns, Shared ? 1 : 0);

    private static void ForwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows * a.Columns; i += GridLoop.Stride)
        {
            float p = 1 / (1 + XMath.Exp(-a.Z[i])), alpha = a.Alpha[a.Shared != 0 ? 0 : i % a.Columns];
            a.Y[i] = (p + (1 - p) * alpha) * a.X[i];
        }
    }

    private static void BackwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows * a.Columns; i += GridLoop.Stride)
        {
            float p = 1 / (1 + XMath.Exp(-a.Z[i])), alpha = a.Alpha[a.Shared != 0 ? 0 : i % a.Columns];
            float gx = a.Dy[i] * (alpha + (1 - alpha) * p), gz = a.Dy[i] * a.X[i] * (1 - alpha) * p * (1 - p);
            // z is consumed last, so if it is x itself, its gradient is written first.
            a.Dz.Write(i, gz);
            a.Dx.Write(i, gx);
        }
    }

    /// <summary>One item = one α.</summary>
    private static void AlphaGradientKernel(Args a)
    {
        int step = a.Shared != 0 ? 1 : a.Columns;
        for (int h = Grid.GlobalLinearIndex; h < step; h += GridLoop.Stride)
        {
            float sum = 0;
            for (long i = h; i < (long)a.Rows * a.Columns; i += step)
                sum += a.Dy[i] * a.X[i] * (1 - 1 / (1 + XMath.Exp(-a.Z[i])));
            a.Dalpha[h] = sum;
        }
    }
}
