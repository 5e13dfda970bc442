using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Dense;

/// <summary>The constants of <see cref="BatchNorm"/>.</summary>
/// <param name="Epsilon">ε.</param>
/// <param name="Momentum">m: share of the batch in the running averages.</param>
/// <param name="Fixed">Training normalizes as evaluation does, by the running statistics, which never move.</param>
public readonly record struct BatchNormConstants(float Epsilon, float Momentum, bool Fixed = false)
{
    /// <summary>The defaults of PyTorch.</summary>
    public static BatchNormConstants Default { get; } = new(1e-5f, 0.1f);

    /// <summary>The constants of a TensorFlow layer that is called without training=True: γ x / √1.001 + β while the running statistics keep their initial values.</summary>
    public static BatchNormConstants Inference { get; } = new(1e-3f, 0, Fixed: true);
}

/// <summary>Batch normalization over the rows of a batch (Ioffe and Szegedy 2015), optionally fused with a rectifier and a dropout after it.</summary>
/// <remarks>
/// x̂ = (x − μ) / √(σ² + ε),  y = f(γ x̂ + β), f identity or max(0, ·);   dz = dy ∘ [y > 0],
/// with <see cref="Dropout"/>: y = f(γ x̂ + β) ∘ keep / (1 − p), and dz = dy / (1 − p) ∘ [y > 0]: dropped values are not above zero, so backward needs no mask.
/// Without a SIMD variant, Dropout runs as a separate op.
/// dβ = Σ dz,  dγ = Σ dz x̂,  dx = γ/√(σ²+ε) · (dz − dβ/B − x̂ dγ/B).
/// Training: B rows, μ, σ² of the batch of all ranks (biased); running ← (1 − m) running + m batch (σ² unbiased), taken over in Commit.
/// Evaluation, training on a single row, and a fixed norm: the running statistics, and then dx = γ/√(σ²+ε) · dz.
/// x, y (B, H)   γ, β, running mean and variance (H).   Reads x three times and writes y; backward reads x, y, dy twice and writes dx.
/// Every column is summed in a fixed order: the same bits every run.
/// </remarks>
public sealed partial class BatchNorm : IOp
{
    private readonly Device device;
    private readonly BatchNormConstants constants;
    private readonly Tensor x, gamma, beta, runningMean, runningVariance, statistics;
    private readonly bool relu;
    private readonly Tensor.GradientSink dx;
    private readonly WholeBatch whole;
    private readonly OpVariant variant;

    // The output; with a separate dropout op, the input of that op.
    private Tensor y;

    /// <summary>Kernel arguments; statistics are (4, H): mean, biased variance, Σ dz, Σ dz x̂ of all ranks.</summary>
    public readonly record struct Args(
        ArrayView<float> X, ArrayView<float> Y, ArrayView<float> Gamma, ArrayView<float> Beta, ArrayView<float> Statistics,
        ArrayView<float> RunningMean, ArrayView<float> RunningVariance,
        GradientView Dx, ArrayView<float> Dy, ArrayView<float> Dgamma, ArrayView<float> Dbeta, ArrayView<float> StepFactor,
        int Rows, int WholeRows, int Columns, int OfBatch, int Relu, float Epsilon, float Momentum);

    /// <param name="workspace">Reserves the batch statistics.</param>
    /// <param name="x">(B, H) input.</param>
    /// <param name="gamma">(1, H) scale.</param>
    /// <param name="beta">(1, H) shift.</param>
    /// <param name="runningMean">(1, H) state.</param>
    /// <param name="runningVariance">(1, H) state.</param>
    /// <param name="y">(B, H) output.</param>
    /// <param name="relu">Rectify the output.</param>
    /// <param name="constants">ε and m.</param>
    /// <param name="drop">The dropout after the rectifier, or null.</param>
    /// <param name="scalars">The step number, for dropout.</param>
    public BatchNorm(
        Workspace workspace, Tensor x, Tensor gamma, Tensor beta, Tensor runningMean, Tensor runningVariance, Tensor y, bool relu, BatchNormConstants constants,
        Dropout.Stream? drop = null, DeviceArray<StepScalars>? scalars = null)
    {
        if (new[] { gamma, beta, runningMean, runningVariance }.Any(t => t.Length != x.Columns) || y.Columns != x.Columns)
            throw new KernelException($"batch norm: x {x}, γ {gamma}, β {beta}, y {y} do not fit on {workspace.Device}");
        (device, this.constants) = (workspace.Device, constants);
        if (drop is not null && !relu)
            throw new KernelException($"batch norm {y} on {workspace.Device}: dropout is fused behind a rectifier only");
        Output = y;
        (this.x, this.gamma, this.beta, this.y, this.relu) = (x, gamma, beta, y, relu);
        (this.runningMean, this.runningVariance) = (runningMean, runningVariance);
        statistics = workspace.Tensor($"{y.Name} statistics", 4, x.Columns);
        whole = new WholeBatch(device, statistics);
        dx = x.Consume();
        variant = device.Select(() => Portable(workspace, drop, scalars), () => Simd(workspace, drop, scalars));
    }

    /// <summary>x (B, H).</summary>
    public Tensor Input => x;

    /// <summary>γ and β, (1, H).</summary>
    public (Tensor Gamma, Tensor Beta) Scale => (gamma, beta);

    /// <summary>Running mean and variance, used in evaluation, (1, H).</summary>
    public (Tensor Mean, Tensor Variance) Running => (runningMean, runningVariance);

    /// <summary>y (B, H).</summary>
    public Tensor Output { get; }

    /// <summary>The output is rectified.</summary>
    public bool Rectifies => relu;

    /// <summary>ε and m.</summary>
    public BatchNormConstants Constants => constants;

    /// <inheritdoc/>
    public string Name => $"batch norm {Output.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    /// <inheritdoc/>
    public void Commit(in Pass pass, Tensor stepFactor)
    {
        if (OfBatch(pass))
            variant.Commit!(pass, stepFactor);
    }

    private OpVariant Portable(Workspace workspace, Dropout.Stream? drop, DeviceArray<StepScalars>? scalars)
    {
        Dropout? dropout = null;
        if (drop is { } stream)
        {
            y = workspace.Tensor($"{Output.Name} before dropout", Output.Rows, Output.Columns, gradient: true, Output.RowKind);
            dropout = new Dropout(workspace, y, Output, scalars!, stream);
        }
        ColumnMoments moments = new(workspace, x, statistics, runningMean, runningVariance);
        ColumnSums<GradientTerms> sums = new(workspace, $"{y.Name} gradients", x.Rows, x.Columns);
        Kernel<Args> normalize = new(device, NormalizeKernel), propagate = new(device, PropagateKernel), commit = new(device, CommitKernel);
        return new(
            (in Pass pass) =>
            {
                moments.Run(pass.RowsOf(x), OfBatch(pass));
                normalize.Run((long)pass.RowsOf(x) * x.Columns, Bind(pass, null));
                dropout?.Forward(pass);
            },
            (in Pass pass) =>
            {
                dropout?.Backward(pass);
                Args args = Bind(pass, null);
                sums.Run(new(args), pass.RowsOf(x));
                if (args.OfBatch != 0)
                    whole.Sums();
                if (dx.Target is not null)
                    propagate.Run((long)pass.RowsOf(x) * x.Columns, args);
            },
            (in Pass pass, Tensor stepFactor) => commit.Run(x.Columns, Bind(pass, stepFactor)));
    }

    private bool OfBatch(in Pass pass) => pass.Training && !constants.Fixed && pass.WholeRowsOf(x) > 1;

    private Args Bind(in Pass pass, Tensor? stepFactor) => new(
        x.View, y.View, gamma.View, beta.View, statistics.View, runningMean.View, runningVariance.View,
        dx.View, y.BoundGradient, gamma.BoundGradient, beta.BoundGradient, (stepFactor ?? x).View,
        pass.RowsOf(x), pass.WholeRowsOf(x), x.Columns, OfBatch(pass) ? 1 : 0, relu ? 1 : 0, constants.Epsilon, constants.Momentum);

    private static void NormalizeKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows * a.Columns; i += GridLoop.Stride)
        {
            int h = (int)(i % a.Columns);
            float z = Normalized(a, i, h) * a.Gamma[h] + a.Beta[h];
            a.Y[i] = a.Relu != 0 && z < 0 ? 0 : z;
        }
    }

    private static void PropagateKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows * a.Columns; i += GridLoop.Stride)
        {
            int h = (int)(i % a.Columns);
            float dz = Masked(a, i);
            if (a.OfBatch != 0)
                dz -= (a.Statistics[2 * a.Columns + h] + Normalized(a, i, h) * a.Statistics[3 * a.Columns + h]) / a.WholeRows;
            float g = dz * a.Gamma[h] / XMath.Sqrt(a.Statistics[a.Columns + h] + a.Epsilon);
            a.Dx.Write(i, g);
        }
    }

    private static void CommitKernel(Args a)
    {
        for (int h = Grid.GlobalLinearIndex; h < a.Columns; h += GridLoop.Stride)
        {
            if (a.StepFactor[0] == 0)
                continue;
            float unbiased = a.Statistics[a.Columns + h] * a.WholeRows / (a.WholeRows - 1);
            a.RunningMean[h] += a.Momentum * (a.Statistics[h] - a.RunningMean[h]);
            a.RunningVariance[h] += a.Momentum * (unbiased - a.RunningVariance[h]);
        }
    }

    /// <summary>Σ dz and Σ dz z.</summary>
    public readonly struct GradientTerms(Args a) : IColumnTerms
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public Float4 Term(int row, int column)
        {
            long i = (long)row * a.Columns + column;
            float dz = Masked(a, i);
            return new(dz, dz * Normalized(a, i, column));
        }

        /// <inheritdoc/>
        public void Take(int column, Float4 sums)
        {
            a.Dbeta[column] = a.Statistics[2 * a.Columns + column] = sums.X;
            a.Dgamma[column] = a.Statistics[3 * a.Columns + column] = sums.Y;
        }
    }

    private static float Normalized(Args a, long i, int h) => (a.X[i] - a.Statistics[h]) / XMath.Sqrt(a.Statistics[a.Columns + h] + a.Epsilon);

    private static float Masked(Args a, long i) => a.Relu != 0 && !(a.Y[i] > 0) ? 0 : a.Dy[i];
}
