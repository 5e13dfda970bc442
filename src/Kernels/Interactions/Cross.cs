using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Interactions;

/// <summary>
/// The cross layer behind its linear map u of x: y = x₀ ∘ u + x (+ b). With one u for each column it is that of DCN V2, u = W x + b
/// (Wang et al., WWW 2021, eq. 1); with one for the whole row that of DCN, u = ⟨w, x⟩ and b outside (Wang et al., ADKDD 2017, eq. 3).
/// </summary>
/// <remarks>
/// du = dy ∘ x₀, summed over the columns of a row where it has one u;   dx₀ = dy ∘ u;   dx = dy;   db = Σ_rows dy.
/// x₀, x, y (B, H)   u (B, H) or (B, 1)   b (H).   One pass each way, and one over dy for b: the same bits every run.
/// </remarks>
public sealed unsafe partial class Cross : IOp
{
    private const int BlockRows = 64;

    private readonly Device device;
    private readonly Tensor x0, u, x, y;
    private readonly Tensor? bias;
    private readonly Tensor.GradientSink dx0, du, dx;
    private readonly BiasGradient? biasGradient;
    private readonly Action<int> forwardBlock, backwardBlock;
    private Action<KernelConfig, Args>? forward, backward, sums;
    private int rows;

    /// <summary>What the kernels see.</summary>
    public readonly record struct Args(
        ArrayView<float> X0, ArrayView<float> U, ArrayView<float> X, ArrayView<float> Bias, ArrayView<float> Y,
        GradientView Dx0, GradientView Du, GradientView Dx, ArrayView<float> Dy,
        int Rows, int Columns, int OneForRow, int HasBias);

    /// <param name="workspace">Where partial sums are reserved.</param>
    /// <param name="x0">(B, H) input of the first cross layer.</param>
    /// <param name="u">(B, H) or (B, 1).</param>
    /// <param name="x">(B, H) input of this one; x₀ itself in the first.</param>
    /// <param name="bias">(1, H), or null.</param>
    /// <param name="y">(B, H) output.</param>
    public Cross(Workspace workspace, Tensor x0, Tensor u, Tensor x, Tensor? bias, Tensor y)
    {
        int h = y.Columns;
        if (x0.Columns != h || x.Columns != h || u.Columns != h && u.Columns != 1 || bias is not null && bias.Length != h)
            throw new Devices.KernelException($"cross: x₀ {x0}, u {u}, x {x}, b {bias?.ToString() ?? "none"}, y {y} do not fit on {workspace.Device}");
        (device, this.x0, this.u, this.x, this.bias, this.y) = (workspace.Device, x0, u, x, bias, y);
        // Backward writes dx before dx₀, which may be the same.
        (du, dx0, dx) = (u.Consume(), x0.Consume(), x.Consume());
        if (bias is not null && y.Gradient is { } dy)
            biasGradient = new BiasGradient(workspace, dy);
        (forwardBlock, backwardBlock) = (ForwardBlock, BackwardBlock);
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
        biasGradient?.Run(pass.Rows, y.Gradient!, null, bias!.Gradient);
        if (device.UsesSimd)
        {
            Run(pass, backwardBlock);
            return;
        }
        Args args = Bind(pass);
        if (OneForRow && du.Target is not null)
            device.Load(ref sums, RowSumsKernel)(device.Grid(pass.Rows), args);
        device.Load(ref backward, BackwardKernel)(device.Grid((long)pass.Rows * y.Columns), args);
    }

    private Args Bind(in Pass pass) => new(
        x0.View, u.View, x.View, (bias ?? x).View, y.View, dx0.View, du.View, dx.View, y.BoundGradient,
        pass.Rows, y.Columns, OneForRow ? 1 : 0, bias is null ? 0 : 1);

    private static void ForwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows * a.Columns; i += GridExtensions.Stride)
        {
            float y = a.X0[i] * a.U[a.OneForRow != 0 ? i / a.Columns : i] + a.X[i];
            a.Y[i] = a.HasBias != 0 ? y + a.Bias[i % a.Columns] : y;
        }
    }

    private static void BackwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows * a.Columns; i += GridExtensions.Stride)
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
        for (int b = Grid.GlobalLinearIndex; b < a.Rows; b += GridExtensions.Stride)
        {
            float sum = 0;
            for (long i = (long)b * a.Columns; i < (b + 1L) * a.Columns; i++)
                sum += a.Dy[i] * a.X0[i];
            a.Du.Write(b, sum);
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
        int h = y.Columns, last = Math.Min(rows, (block + 1) * BlockRows);
        for (int b = block * BlockRows; b < last; b++)
            for (int j = 0; j < h; j += Lanes.Count)
            {
                long i = (long)b * h + j;
                int count = Math.Min(Lanes.Count, h - j);
                Vector512<float> sum = Vector512.FusedMultiplyAdd(Lanes.Load(x0.Pointer + i, count), Factor(b, i, count), Lanes.Load(x.Pointer + i, count));
                Lanes.Store(bias is null ? sum : sum + Lanes.Load(bias.Pointer + j, count), y.Pointer + i, count);
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardBlock(int block)
    {
        int h = y.Columns, last = Math.Min(rows, (block + 1) * BlockRows);
        for (int b = block * BlockRows; b < last; b++)
        {
            Vector512<float> sum = default;
            for (int j = 0; j < h; j += Lanes.Count)
            {
                long i = (long)b * h + j;
                int count = Math.Min(Lanes.Count, h - j);
                Vector512<float> dy = Lanes.Load(y.Gradient!.Pointer + i, count), through = dy * Lanes.Load(x0.Pointer + i, count);
                dx.Write(i, dy, count);
                dx0.Write(i, dy * Factor(b, i, count), count);
                if (OneForRow)
                    sum += through;
                else
                    du.Write(i, through, count);
            }
            if (OneForRow)
                du.Write(b, Vector512.CreateScalar(Vector512.Sum(sum)), 1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<float> Factor(int b, long i, int count) => OneForRow ? Vector512.Create(u.Pointer[b]) : Lanes.Load(u.Pointer + i, count);
}
