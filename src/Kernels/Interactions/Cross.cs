using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Interactions;

/// <summary>
/// The cross layer after its linear map u of x: y = x₀ ∘ u + x (+ b). With one u per column it is that of DCN V2, u = W x + b
/// (Wang et al., WWW 2021, eq. 1); with one u per row that of DCN, u = ⟨w, x⟩ and b outside (Wang et al., ADKDD 2017, eq. 3).
/// </summary>
/// <remarks>
/// du = dy ∘ x₀, summed over the columns if a row has one u;   dx₀ = dy ∘ u;   dx = dy;   db = Σ_rows dy.
/// x₀, x, y (B, H)   u (B, H) or (B, 1)   b (H).   One pass in each direction, and one over dy for b: the same bits every run.
/// </remarks>
public sealed partial class Cross : IOp
{
    private readonly Device device;
    private readonly Tensor x0, u, x, y;
    private readonly Tensor? bias;
    private readonly Tensor.GradientSink dx0, du, dx;
    private readonly BiasGradient? biasGradient;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(
        ArrayView<float> X0, ArrayView<float> U, ArrayView<float> X, ArrayView<float> Bias, ArrayView<float> Y,
        GradientView Dx0, GradientView Du, GradientView Dx, ArrayView<float> Dy,
        int Rows, int Columns, int OneForRow, int HasBias);

    /// <param name="workspace">Reserves partial sums.</param>
    /// <param name="x0">(B, H) input of the first cross layer.</param>
    /// <param name="u">(B, H) or (B, 1).</param>
    /// <param name="x">(B, H) input of this one; x₀ itself in the first.</param>
    /// <param name="bias">(1, H), or null.</param>
    /// <param name="y">(B, H) output.</param>
    public Cross(Workspace workspace, Tensor x0, Tensor u, Tensor x, Tensor? bias, Tensor y)
    {
        int h = y.Columns;
        if (x0.Columns != h || x.Columns != h || u.Columns != h && u.Columns != 1 || bias is not null && bias.Length != h)
            throw new KernelException($"cross: x₀ {x0}, u {u}, x {x}, b {bias?.ToString() ?? "none"}, y {y} do not fit on {workspace.Device}");
        (device, this.x0, this.u, this.x, this.bias, this.y) = (workspace.Device, x0, u, x, bias, y);
        // Backward writes dx before dx₀, which may be the same tensor.
        (du, dx0, dx) = (u.Consume(), x0.Consume(), x.Consume());
        if (bias is not null && y.Gradient is not null)
            biasGradient = new BiasGradient(workspace, y, masks: false, bias);
        variant = device.Select(Portable, Simd);
    }

    /// <summary>x₀, u and x.</summary>
    public (Tensor X0, Tensor U, Tensor X) Inputs => (x0, u, x);

    /// <summary>b (1, H), or null.</summary>
    public Tensor? Bias => bias;

    /// <summary>y (B, H).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"cross {y.Name}";

    private bool OneForRow => u.Columns == 1;

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        biasGradient?.Run(pass.Rows);
        variant.Backward(pass);
    }

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel), sums = new(device, RowSumsKernel);
        return new(
            (in Pass pass) => forward.Run((long)pass.Rows * y.Columns, Bind(pass)),
            (in Pass pass) =>
            {
                Args args = Bind(pass);
                if (OneForRow && du.Target is not null)
                    sums.Run(pass.Rows, args);
                backward.Run((long)pass.Rows * y.Columns, args);
            });
    }

    private Args Bind(in Pass pass) => new(
        x0.View, u.View, x.View, (bias ?? x).View, y.View, dx0.View, du.View, dx.View, y.BoundGradient,
        pass.Rows, y.Columns, OneForRow ? 1 : 0, bias is null ? 0 : 1);

    private static void ForwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows * a.Columns; i += GridLoop.Stride)
        {
            float y = a.X0[i] * a.U[a.OneForRow != 0 ? i / a.Columns : i] + a.X[i];
            a.Y[i] = a.HasBias != 0 ? y + a.Bias[i % a.Columns] : y;
        }
    }

    private static void BackwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows * a.Columns; i += GridLoop.Stride)
        {
            float dy = a.Dy[i];
            a.Dx.Write(i, dy);
            a.Dx0.Write(i, dy * a.U[a.OneForRow != 0 ? i / a.Columns : i]);
            if (a.OneForRow == 0)
                a.Du.Write(i, dy * a.X0[i]);
        }
    }

    /// <summary>One item = one row.</summary>
    private static void RowSumsKernel(Args a)
    {
        for (int b = Grid.GlobalLinearIndex; b < a.Rows; b += GridLoop.Stride)
        {
            float sum = 0;
            for (long i = (long)b * a.Columns; i < (b + 1L) * a.Columns; i++)
                sum += a.Dy[i] * a.X0[i];
            a.Du.Write(b, sum);
        }
    }
}
