using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Dense;

/// <summary>Activations without statistics.</summary>
public enum ActivationKind
{
    /// <summary>y = max(0, x).</summary>
    Relu,

    /// <summary>y = 1 / (1 + e^{−x}).</summary>
    Sigmoid,

    /// <summary>y = max(0, x) + α min(0, x), α per unit (He et al. 2015).</summary>
    PRelu,

    /// <summary>y = max(0, x) + 0.01 min(0, x) (Maas et al. 2013).</summary>
    LeakyRelu,

    /// <summary>y = tanh x.</summary>
    Tanh,

    /// <summary>y = x Φ(x), Φ the standard normal distribution (Hendrycks and Gimpel 2016; exact, not by tanh).</summary>
    Gelu,
}

/// <summary>An element-wise activation.</summary>
/// <remarks>
/// relu: dx = dy [x > 0];   sigmoid: dx = dy y (1 − y);   tanh: dx = dy (1 − y²);   prelu: dx = dy (x > 0 ? 1 : α),  dα = Σ_rows dy min(0, x);   leaky relu: α = 0.01, for all units and fixed;
/// gelu: dx = dy (Φ(x) + x e^{−x²/2} / √2π).
/// x, y (R, H)   α (H), prelu only.   One pass each way; every column of dα is summed in one order: the same bits every run.
/// </remarks>
public sealed partial class Activation : IOp
{
    // As in the paper and in PyTorch.
    private const float Leak = 0.01f;

    private readonly Device device;
    private readonly ActivationKind kind;
    private readonly Tensor x, y;
    private readonly Tensor? alpha;
    private readonly Tensor.GradientSink dx;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(
        ArrayView<float> X, ArrayView<float> Y, ArrayView<float> Alpha, GradientView Dx, ArrayView<float> Dy, ArrayView<float> Dalpha,
        ActivationKind Kind, int Rows, int Columns);

    /// <param name="workspace">Reserves partial sums.</param>
    /// <param name="kind">The function.</param>
    /// <param name="x">(R, H) input.</param>
    /// <param name="alpha">(1, H) for prelu, else null.</param>
    /// <param name="y">(R, H) output.</param>
    public Activation(Workspace workspace, ActivationKind kind, Tensor x, Tensor? alpha, Tensor y)
    {
        if (x.Columns != y.Columns || (kind == ActivationKind.PRelu) != (alpha?.Length == x.Columns))
            throw new KernelException($"{kind}: x {x}, α {alpha?.ToString() ?? "none"}, y {y} do not fit on {workspace.Device}");
        (device, this.kind, this.x, this.alpha, this.y) = (workspace.Device, kind, x, alpha, y);
        dx = x.Consume();
        variant = device.Select(() => Portable(workspace), Simd);
    }

    /// <summary>The function.</summary>
    public ActivationKind Kind => kind;

    /// <summary>x (R, H).</summary>
    public Tensor Input => x;

    /// <summary>α (1, H) of prelu, else null.</summary>
    public Tensor? Alpha => alpha;

    /// <summary>y (R, H).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"activation {kind} {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    private OpVariant Portable(Workspace workspace)
    {
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        ColumnSums<AlphaTerms>? alphaGradient = alpha is null ? null : new(workspace, alpha.Name, x.Rows, x.Columns);
        return new(
            (in Pass pass) => forward.Run((long)pass.RowsOf(x) * x.Columns, Bind(pass)),
            (in Pass pass) =>
            {
                alphaGradient?.Run(new(Bind(pass)), pass.RowsOf(x));
                if (dx.Target is not null)
                    backward.Run((long)pass.RowsOf(x) * x.Columns, Bind(pass));
            });
    }

    private Args Bind(in Pass pass) => new(
        x.View, y.View, (alpha ?? x).View, dx.View, y.BoundGradient, (alpha?.Gradient ?? x).View,
        kind, pass.RowsOf(x), x.Columns);

    private static void ForwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows * a.Columns; i += GridLoop.Stride)
        {
            float x = a.X[i];
            a.Y[i] = a.Kind == ActivationKind.Sigmoid ? Squash.Sigmoid(x)
                : a.Kind == ActivationKind.Tanh ? Squash.Tanh(x)
                : a.Kind == ActivationKind.Gelu ? x * Gaussian.Cumulative(x, Gaussian.Power(x))
                : x < 0 ? (a.Kind == ActivationKind.Relu ? 0 : Slope(a, i) * x) : x;
        }
    }

    private static void BackwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows * a.Columns; i += GridLoop.Stride)
        {
            float slope = a.Kind == ActivationKind.Sigmoid ? a.Y[i] * (1 - a.Y[i])
                : a.Kind == ActivationKind.Tanh ? 1 - a.Y[i] * a.Y[i]
                : a.Kind == ActivationKind.Gelu ? GeluSlope(a.X[i])
                : a.X[i] > 0 ? 1 : Slope(a, i);
            a.Dx.Write(i, slope * a.Dy[i]);
        }
    }

    private static float GeluSlope(float x)
    {
        float power = Gaussian.Power(x);
        return Gaussian.Cumulative(x, power) + Gaussian.Peak * x * power;
    }

    /// <summary>Slope below zero.</summary>
    private static float Slope(Args a, long i) => a.Kind == ActivationKind.PRelu ? a.Alpha[i % a.Columns] : a.Kind == ActivationKind.LeakyRelu ? Leak : 0;

    /// <summary>Σ dy min(0, x).</summary>
    public readonly struct AlphaTerms(Args a) : IColumnTerms
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public Float4 Term(int row, int column)
        {
            long i = (long)row * a.Columns + column;
            return new(a.Dy[i] * Math.Min(0, a.X[i]));
        }

        /// <inheritdoc/>
        public void Take(int column, Float4 sums) => a.Dalpha[column] = sums.X;
    }
}
