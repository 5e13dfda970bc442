using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Dense;

/// <summary>The constants of <see cref="Dice"/>, in which implementations differ.</summary>
/// <param name="Epsilon">ε.</param>
/// <param name="Momentum">μ: share of the batch in the running averages.</param>
/// <param name="UnbiasedVariance">The running variance uses n / (n − 1) times the batch variance, as PyTorch's batch normalization does.</param>
public readonly record struct DiceConstants(float Epsilon = 1e-8f, float Momentum = 0.01f, bool UnbiasedVariance = false)
{
    /// <summary>The constants in the DIN authors' code.</summary>
    public static DiceConstants Default { get; } = new(1e-8f);
}

/// <summary>Dice, the data-adaptive activation of DIN (Zhou et al., KDD 2018, eq. 8).</summary>
/// <remarks>
/// u = (x − E[x]) / √(Var[x] + ε),  p = σ(u),  y = p x + (1 − p) α x,  α per unit.
/// Training: mean and biased variance of the rows of this pass on all ranks (for attention: of the valid history positions, so that the result
/// does not depend on padding); running ← (1 − μ) running + μ batch, taken over in Commit. Evaluation: running averages.
/// dx = dy (α + (1 − α) p) + r (g − mean(g) − u mean(g u)),  g = dy x (1 − α) p (1 − p),  r = 1/√(Var + ε);  dα = Σ dy x (1 − p).
/// On the CPU dx lacks − r (mean(g) + u mean(g u)) until the op that wrote x applies it (<see cref="Simd.ColumnStatistics"/>). In evaluation these means drop out. x, y (R, H)   α, running mean and variance (H).
/// Reads x twice and writes y; backward reads x twice, dy once, and writes dx twice (once if it is fused with the following layer). Every sum has a fixed order: the same bits every run.
/// </remarks>
public sealed partial class Dice : IOp
{
    private readonly Device device;
    private readonly DiceTensors t;
    private readonly Tensor y;
    private readonly Tensor.GradientSink dx;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments; statistics are (4, H): mean, variance, mean of g, mean of g u.</summary>
    public readonly record struct Args(
        ArrayView<float> X, ArrayView<float> Y, ArrayView<float> Alpha, ArrayView<float> Statistics, ArrayView<float> RunningMean, ArrayView<float> RunningVariance,
        GradientView Dx, ArrayView<float> Dy, ArrayView<float> Dalpha, ArrayView<float> StepFactor,
        int Rows, int WholeRows, int Columns, int Training, float Epsilon, float Momentum, int Unbiased);

    /// <param name="workspace">Reserves the batch statistics.</param>
    /// <param name="tensors">x, α and the running averages.</param>
    /// <param name="y">(R, H) output.</param>
    /// <exception cref="KernelException">Sizes do not fit.</exception>
    public Dice(Workspace workspace, in DiceTensors tensors, Tensor y)
    {
        if (y.Columns != tensors.X.Columns)
            throw new KernelException($"dice: x {tensors.X}, y {y} do not fit on {workspace.Device}");
        (device, t, this.y) = (workspace.Device, tensors.Plan(workspace), y);
        dx = t.X.Consume();
        variant = device.Select(() => Portable(workspace), () => Simd(workspace));
    }

    /// <summary>x, α and the running averages.</summary>
    public DiceTensors Tensors => t;

    /// <summary>y (R, H).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"dice {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    /// <inheritdoc/>
    public void Commit(in Pass pass, Tensor stepFactor)
    {
        if (pass.Training && pass.WholeRowsOf(t.X) > 0)
            variant.Commit!(pass, stepFactor);
    }

    private OpVariant Portable(Workspace workspace)
    {
        ColumnMoments moments = new(workspace, t.X, t.Statistics, t.RunningMean, t.RunningVariance);
        WholeBatch whole = new(device, t.Statistics);
        ColumnSums<GradientTerms> sums = new(workspace, $"{y.Name} gradients", t.X.Rows, t.X.Columns);
        Kernel<Args> activate = new(device, ActivateKernel), propagate = new(device, PropagateKernel), commit = new(device, CommitKernel);
        return new(
            (in Pass pass) =>
            {
                Args args = Bind(pass, null);
                moments.Run(args.Rows, pass.Training && args.WholeRows > 0);
                activate.Run((long)args.Rows * t.X.Columns, args);
            },
            (in Pass pass) =>
            {
                Args args = Bind(pass, null);
                sums.Run(new(args), args.Rows);
                whole.Sums();
                if (dx.Target is not null)
                    propagate.Run((long)args.Rows * t.X.Columns, args);
            },
            (in Pass pass, Tensor stepFactor) => commit.Run(t.X.Columns, Bind(pass, stepFactor)));
    }

    private Args Bind(in Pass pass, Tensor? stepFactor) => new(
        t.X.View, y.View, t.Alpha.View, t.Statistics.View, t.RunningMean.View, t.RunningVariance.View,
        dx.View, y.BoundGradient, t.Alpha.BoundGradient, (stepFactor ?? t.X).View,
        pass.RowsOf(t.X), pass.WholeRowsOf(t.X), t.X.Columns, pass.Training ? 1 : 0,
        t.Constants.Epsilon, t.Constants.Momentum, t.Constants.UnbiasedVariance ? 1 : 0);

    private static void ActivateKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows * a.Columns; i += GridLoop.Stride)
        {
            int h = (int)(i % a.Columns);
            float p = Sigmoid(Normalized(a, i, h)), x = a.X[i];
            a.Y[i] = p * x + (1 - p) * a.Alpha[h] * x;
        }
    }

    private static void PropagateKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows * a.Columns; i += GridLoop.Stride)
        {
            int h = (int)(i % a.Columns);
            float alpha = a.Alpha[h], u = Normalized(a, i, h), p = Sigmoid(u), g = a.Dy[i] * a.X[i] * (1 - alpha) * p * (1 - p);
            float through = (g - a.Statistics[2 * a.Columns + h] - u * a.Statistics[3 * a.Columns + h]) / XMath.Sqrt(a.Statistics[a.Columns + h] + a.Epsilon);
            a.Dx.Write(i, a.Dy[i] * (alpha + (1 - alpha) * p) + through);
        }
    }

    private static void CommitKernel(Args a)
    {
        for (int h = Grid.GlobalLinearIndex; h < a.Columns; h += GridLoop.Stride)
        {
            if (a.StepFactor[0] == 0)
                continue;
            float variance = a.Statistics[a.Columns + h];
            if (a.Unbiased != 0 && a.WholeRows > 1)
                variance *= (float)a.WholeRows / (a.WholeRows - 1);
            a.RunningMean[h] += a.Momentum * (a.Statistics[h] - a.RunningMean[h]);
            a.RunningVariance[h] += a.Momentum * (variance - a.RunningVariance[h]);
        }
    }

    /// <summary>Σ dy x (1 − p), Σ h and Σ h u.</summary>
    public readonly struct GradientTerms(Args a) : IColumnTerms
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public Float4 Term(int row, int column)
        {
            long i = (long)row * a.Columns + column;
            float u = Normalized(a, i, column), p = Sigmoid(u), g = a.Dy[i] * a.X[i] * (1 - p), h = g * (1 - a.Alpha[column]) * p;
            return new(g, h, h * u);
        }

        /// <inheritdoc/>
        public void Take(int column, Float4 sums)
        {
            a.Dalpha[column] = sums.X;
            // Running averages do not depend on x, so in evaluation nothing flows back through them.
            a.Statistics[2 * a.Columns + column] = a.Training != 0 && a.WholeRows > 0 ? sums.Y / a.WholeRows : 0;
            a.Statistics[3 * a.Columns + column] = a.Training != 0 && a.WholeRows > 0 ? sums.Z / a.WholeRows : 0;
        }
    }

    private static float Normalized(Args a, long i, int h) => (a.X[i] - a.Statistics[h]) / XMath.Sqrt(a.Statistics[a.Columns + h] + a.Epsilon);

    private static float Sigmoid(float u) => 1 / (1 + XMath.Exp(-u));
}
