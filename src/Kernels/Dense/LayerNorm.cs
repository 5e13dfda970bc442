using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Dense;

/// <summary>Layer normalization (Ba et al. 2016, eq. 3 and 4): each row over its own units.</summary>
/// <remarks>
/// x̂ = (x − μ) / σ,  μ = mean(x),  σ = √(mean((x − μ)²) + ε),  y = γ ∘ x̂ + β;
/// dγ = Σ_rows dy ∘ x̂,  dβ = Σ_rows dy,  dx = (g − mean(g) − x̂ mean(g ∘ x̂)) / σ,  g = γ ∘ dy.   Training and evaluation are the same.
/// x, y (R, H)   γ, β (H)   μ, 1 / σ (R, 2) saved.   Reads x and writes y; backward reads x and dy and writes dx.
/// One thread sums a row in order, and every column is summed in a fixed order: the same bits every run.
/// </remarks>
public sealed partial class LayerNorm : IOp
{
    /// <summary>ε, as in PyTorch.</summary>
    public const float Epsilon = 1e-5f;

    private readonly Device device;
    private readonly Tensor x, gamma, beta, y, moments;
    private readonly Tensor.GradientSink dx;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments; Moments is (R, 2): μ, 1 / σ.</summary>
    public readonly record struct Args(
        ArrayView<float> X, ArrayView<float> Gamma, ArrayView<float> Beta, ArrayView<float> Y, ArrayView<float> Moments,
        GradientView Dx, ArrayView<float> Dgamma, ArrayView<float> Dbeta, ArrayView<float> Dy, int Rows, int Columns);

    /// <param name="workspace">Reserves μ, 1 / σ and partial sums.</param>
    /// <param name="x">(R, H) input.</param>
    /// <param name="gamma">(1, H) scale.</param>
    /// <param name="beta">(1, H) shift.</param>
    /// <param name="y">(R, H) output.</param>
    public LayerNorm(Workspace workspace, Tensor x, Tensor gamma, Tensor beta, Tensor y)
    {
        if (x.Columns != y.Columns || x.RowKind != y.RowKind || gamma.Length != x.Columns || beta.Length != x.Columns)
            throw new KernelException($"layer norm: x {x}, γ {gamma}, β {beta}, y {y} do not fit on {workspace.Device}");
        (device, this.x, this.gamma, this.beta, this.y) = (workspace.Device, x, gamma, beta, y);
        moments = workspace.Tensor($"{y.Name} moments", x.Rows, 2, kind: x.RowKind);
        dx = x.Consume();
        variant = device.Select(() => Portable(workspace), () => Simd(workspace));
    }

    /// <summary>x (R, H).</summary>
    public Tensor Input => x;

    /// <summary>γ and β, (1, H).</summary>
    public (Tensor Gamma, Tensor Beta) Scale => (gamma, beta);

    /// <summary>y (R, H).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"layer norm {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    private OpVariant Portable(Workspace workspace)
    {
        ColumnSums<ScaleTerms> sums = new(workspace, $"{y.Name} gradients", x.Rows, x.Columns);
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new(
            (in Pass pass) => forward.Run(pass.RowsOf(x), Bind(pass)),
            (in Pass pass) =>
            {
                Args args = Bind(pass);
                sums.Run(new(args), pass.RowsOf(x));
                if (dx.Target is not null)
                    backward.Run(pass.RowsOf(x), args);
            });
    }

    private Args Bind(in Pass pass) => new(
        x.View, gamma.View, beta.View, y.View, moments.View, dx.View, gamma.BoundGradient, beta.BoundGradient, y.BoundGradient,
        pass.RowsOf(x), x.Columns);

    private static void ForwardKernel(Args a)
    {
        for (int r = Grid.GlobalLinearIndex; r < a.Rows; r += GridLoop.Stride)
        {
            long first = (long)r * a.Columns;
            float sum = 0, squares = 0;
            for (int h = 0; h < a.Columns; h++)
                sum += a.X[first + h];
            float mean = sum / a.Columns;
            for (int h = 0; h < a.Columns; h++)
                squares += (a.X[first + h] - mean) * (a.X[first + h] - mean);
            float inverse = 1 / XMath.Sqrt(squares / a.Columns + Epsilon);
            a.Moments[2L * r] = mean;
            a.Moments[2L * r + 1] = inverse;
            for (int h = 0; h < a.Columns; h++)
                a.Y[first + h] = (a.X[first + h] - mean) * inverse * a.Gamma[h] + a.Beta[h];
        }
    }

    private static void BackwardKernel(Args a)
    {
        for (int r = Grid.GlobalLinearIndex; r < a.Rows; r += GridLoop.Stride)
        {
            long first = (long)r * a.Columns;
            float mean = a.Moments[2L * r], inverse = a.Moments[2L * r + 1], sum = 0, along = 0;
            for (int h = 0; h < a.Columns; h++)
            {
                float g = a.Gamma[h] * a.Dy[first + h];
                sum += g;
                along += g * (a.X[first + h] - mean) * inverse;
            }
            for (int h = 0; h < a.Columns; h++)
            {
                float normal = (a.X[first + h] - mean) * inverse;
                a.Dx.Write(first + h, (a.Gamma[h] * a.Dy[first + h] - sum / a.Columns - normal * along / a.Columns) * inverse);
            }
        }
    }

    /// <summary>Σ dy x̂ and Σ dy.</summary>
    public readonly struct ScaleTerms(Args a) : IColumnTerms
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public Float4 Term(int row, int column)
        {
            long i = (long)row * a.Columns + column;
            float dy = a.Dy[i];
            return new(dy * (a.X[i] - a.Moments[2L * row]) * a.Moments[2L * row + 1], dy);
        }

        /// <inheritdoc/>
        public void Take(int column, Float4 sums)
        {
            a.Dgamma[column] = sums.X;
            a.Dbeta[column] = sums.Y;
        }
    }
}
