using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Dense;

/// <summary>A fully connected layer, optionally fused with a rectifier.</summary>
/// <remarks>
/// y = f(x Wᵀ + b), f identity or max(0, ·);   dz = dy ∘ [y > 0],  dx = dz W,  dW = dzᵀ x,  db = Σ_rows dz
/// x (B, K)   W (N, K) as PyTorch stores it   b (N) or none   y (B, N).   Three products of 2·B·K·N operations.
/// dy is masked in place, because only this op reads it. Sums run in a fixed order: the same bits every run.
/// </remarks>
public sealed partial class Linear : IOp, IDisposable
{
    private readonly Tensor x, w, y;
    private readonly Tensor? b;
    private readonly bool relu;
    private readonly Tensor.GradientSink dx;
    private readonly MatMul forward, backwardData, backwardWeights;
    private readonly BiasGradient biasGradient;

    /// <param name="workspace">Reserves partial sums.</param>
    /// <param name="x">(B, K) input.</param>
    /// <param name="w">(N, K) weights.</param>
    /// <param name="b">(1, N) bias, or null.</param>
    /// <param name="y">(B, N) output.</param>
    /// <param name="relu">Rectify the output.</param>
    public Linear(Workspace workspace, Tensor x, Tensor w, Tensor? b, Tensor y, bool relu)
    {
        if (w.Columns != x.Columns || w.Rows != y.Columns || x.Rows != y.Rows || b is not null && b.Length != y.Columns)
            throw new Devices.KernelException($"linear: x {x}, W {w}, b {b}, y {y} do not fit on {workspace.Device}");
        (this.x, this.w, this.b, this.y, this.relu) = (x, w, b, y, relu);
        dx = x.Consume();
        Device device = workspace.Device;
        (forward, backwardData, backwardWeights) = (new MatMul(device), new MatMul(device), new MatMul(device));
        backwardWeights.Plan(workspace, $"d {w.Name}", OfWeights(checked((int)x.Rows)));
        biasGradient = new BiasGradient(workspace, y, relu, b);
    }

    /// <summary>x (B, K).</summary>
    public Tensor Input => x;

    /// <summary>W (N, K).</summary>
    public Tensor Weight => w;

    /// <summary>b (1, N), or null.</summary>
    public Tensor? Bias => b;

    /// <summary>y (B, N).</summary>
    public Tensor Output => y;

    /// <summary>The output is rectified.</summary>
    public bool Rectifies => relu;

    /// <inheritdoc/>
    public string Name => $"linear {w.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) =>
        forward.Run(y, x, w, new(pass.RowsOf(x), y.Columns, x.Columns, TransposeB: true, Relu: relu, Frozen: pass.Frozen), b);

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        if (relu || b is not null)
            biasGradient.Run(pass.RowsOf(x));
        WeightGradient(pass);
        InputGradient(pass);
    }

    /// <summary>dW = dzᵀ x.</summary>
    internal void WeightGradient(in Pass pass) => backwardWeights.Run(w.Gradient!, y.Gradient!, x, OfWeights(pass.RowsOf(x)));

    /// <summary>dx = dz W, if x has a gradient.</summary>
    internal void InputGradient(in Pass pass)
    {
        if (dx.Target is { } target)
            backwardData.Run(target, y.Gradient!, w, new(pass.RowsOf(x), x.Columns, y.Columns, Accumulate: dx.Accumulates));
    }

    /// <summary>dW (N, K) = dyᵀ x.</summary>
    private MatMul.Product OfWeights(int rows) => new(y.Columns, x.Columns, rows, TransposeA: true);

    /// <inheritdoc/>
    public void Dispose()
    {
        forward.Dispose();
        backwardData.Dispose();
        backwardWeights.Dispose();
    }
}
