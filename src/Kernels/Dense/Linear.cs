using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Dense;

/// <summary>A fully connected layer, optionally fused with a rectifier, or G such layers side by side: layer g reads the g-th part of the columns of x and writes the g-th part of y.</summary>
/// <remarks>
/// y = f(x Wᵀ + b), f identity or max(0, ·);   dz = dy ∘ [y > 0],  dx = dz W,  dW = dzᵀ x,  db = Σ_rows dz
/// x (B, K)   W (N, K / G) as PyTorch stores it, the rows of layer g after those of layer g − 1   b (N) or none   y (B, N).   Three products of 2·B·K·N / G operations.
/// dy is masked in place, because only this op reads it. Sums run in a fixed order: the same bits every run.
/// </remarks>
public sealed partial class Linear : IOp, IDisposable
{
    private readonly Tensor x, w, y;
    private readonly Tensor? b;
    private readonly bool relu;
    private readonly int groups;
    private readonly Tensor.GradientSink dx;
    private readonly MatMul forward, backwardData, backwardWeights;
    private readonly BiasGradient biasGradient;

    /// <param name="workspace">Reserves partial sums.</param>
    /// <param name="x">(B, K) input.</param>
    /// <param name="w">(N, K / G) weights.</param>
    /// <param name="b">(1, N) bias, or null.</param>
    /// <param name="y">(B, N) output.</param>
    /// <param name="relu">Rectify the output.</param>
    /// <param name="groups">G, a divisor of K and N; with more than one there is no bias.</param>
    public Linear(Workspace workspace, Tensor x, Tensor w, Tensor? b, Tensor y, bool relu, int groups = 1)
    {
        if (groups < 1 || w.Columns * (long)groups != x.Columns || w.Rows != y.Columns || y.Columns % groups != 0 || x.Rows != y.Rows
            || b is not null && (b.Length != y.Columns || groups > 1))
            throw new Devices.KernelException($"linear: x {x}, W {w}, b {b}, y {y} and {groups} groups do not fit on {workspace.Device}");
        (this.x, this.w, this.b, this.y, this.relu, this.groups) = (x, w, b, y, relu, groups);
        dx = x.Consume();
        Device device = workspace.Device;
        (forward, backwardData, backwardWeights) = (new MatMul(device), new MatMul(device), new MatMul(device));
        backwardWeights.Plan(workspace, $"d {w.Name}", OfWeights(checked((int)x.Rows), 0));
        biasGradient = new BiasGradient(workspace, y, relu, b);
    }

    /// <summary>x (B, K).</summary>
    public Tensor Input => x;

    /// <summary>W (N, K / G).</summary>
    public Tensor Weight => w;

    /// <summary>G.</summary>
    public int Groups => groups;

    /// <summary>b (1, N), or null.</summary>
    public Tensor? Bias => b;

    /// <summary>y (B, N).</summary>
    public Tensor Output => y;

    /// <summary>The output is rectified.</summary>
    public bool Rectifies => relu;

    /// <inheritdoc/>
    public string Name => $"linear {w.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass)
    {
        for (int g = 0; g < groups; g++)
            forward.Run(y, x, w, new(pass.RowsOf(x), Outputs, w.Columns, TransposeB: true, Relu: relu, Frozen: pass.Frozen) { InA = Of(x, g), InB = WeightsOf(g), InC = Of(y, g) }, b);
    }

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        if (relu || b is not null)
            biasGradient.Run(pass.RowsOf(x));
        WeightGradient(pass);
        InputGradient(pass);
    }

    /// <summary>dW = dzᵀ x.</summary>
    internal void WeightGradient(in Pass pass)
    {
        for (int g = 0; g < groups; g++)
            backwardWeights.Run(w.Gradient!, y.Gradient!, x, OfWeights(pass.RowsOf(x), g));
    }

    /// <summary>dx = dz W, if x has a gradient.</summary>
    internal void InputGradient(in Pass pass)
    {
        if (dx.Target is not { } target)
            return;
        for (int g = 0; g < groups; g++)
            backwardData.Run(target, y.Gradient!, w, new(pass.RowsOf(x), w.Columns, Outputs, Accumulate: dx.Accumulates) { InA = Of(y, g), InB = WeightsOf(g), InC = Of(x, g) });
    }

    /// <summary>N / G.</summary>
    private int Outputs => y.Columns / groups;

    /// <summary>dW (N, K) = dyᵀ x, of layer g.</summary>
    private MatMul.Product OfWeights(int rows, int g) => new(Outputs, w.Columns, rows, TransposeA: true) { InA = Of(y, g), InB = Of(x, g), InC = WeightsOf(g) };

    private MatMul.Block Of(Tensor t, int g) => new(t.Columns / groups * g, t.Columns);

    private MatMul.Block WeightsOf(int g) => new((long)Outputs * w.Columns * g, w.Columns);

    /// <inheritdoc/>
    public void Dispose()
    {
        forward.Dispose();
        backwardData.Dispose();
        backwardWeights.Dispose();
    }
}
