using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Recurrent;

/// <summary>A gated recurrent unit over the history of each example, from h = 0 before its first position (Cho et al. 2014), with the attention of DIEN (Zhou et al., AAAI 2019) in its update gate if there is any.</summary>
/// <remarks>
/// r = σ(W_r x + b_ir + U_r h + b_hr),  z = σ(W_z x + b_iz + U_z h + b_hz);
/// n = tanh(W_n x + b_in + r ∘ (U_n h + b_hn)) with the reset after the product (PyTorch, cuDNN, the DIEN paper), else tanh(W_n x + b_in + U_n (r ∘ h) + b_hn) (TensorFlow, the DIEN authors' code);
/// h' = s ∘ h + (1 − s) ∘ n,  s = z or a function of z and a (<see cref="GruKind"/>).
/// With g = dh' and p_n, p_r, p_z the arguments of the three functions:
/// ds = g (h − n),  dp_n = g (1 − s) (1 − n²),  dp_z = ds (∂s/∂z) z (1 − z),  da = Σ ds ∂s/∂a,
/// dp_r = dp_n (U_n h + b_hn) r (1 − r) (reset after) or (U_nᵀ dp_n) h r (1 − r),
/// dh = s g + U_rᵀ dp_r + U_zᵀ dp_z + U_nᵀ (r dp_n) (reset after) or r U_nᵀ dp_n;   dx = Wᵀ dp,  dW = Σ dp xᵀ,  dU = Σ dp hᵀ.
/// x (T, I)   a (T, 1)   W (3H, I)   U (3H, H)   biases (3H)   h (T, H) over positions.   6·T·H·(I + H) operations forward, twice that backward.
/// Every sum has a fixed order: the same bits every run.
/// </remarks>
public sealed partial class Gru : IOp
{
    private readonly Device device;
    private readonly BehaviourHistory history;
    private readonly Tensor x, h;
    private readonly Tensor? a;
    private readonly GruWeights weights;
    private readonly GruKind kind;
    private readonly bool resetAfter;
    private readonly Tensor.GradientSink dx, da;
    private readonly OpVariant variant;

    /// <param name="workspace">Reserves what backward needs.</param>
    /// <param name="history">Which positions belong to which row.</param>
    /// <param name="x">(T, I) input.</param>
    /// <param name="a">(T, 1) attention; null for <see cref="GruKind.Gru"/>.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="h">(T, H) output: the state after each position.</param>
    /// <param name="kind">What becomes of the update gate.</param>
    /// <param name="reset">Where the reset gate acts.</param>
    public Gru(Workspace workspace, BehaviourHistory history, Tensor x, Tensor? a, GruWeights weights, Tensor h, GruKind kind, GruReset reset)
    {
        (device, this.history, this.x, this.a, this.weights, this.h, this.kind, resetAfter) = (workspace.Device, history, x, a, weights, h, kind, reset == GruReset.After);
        if (!weights.Fit || x.Columns != weights.Inputs || h.Columns != weights.Units || (a is null) != (kind == GruKind.Gru)
            || x.RowKind != history.PositionRows || h.RowKind != history.PositionRows || a is not null && (a.Columns != 1 || a.RowKind != history.PositionRows))
            throw new KernelException($"{kind}: x {x}, attention {a?.ToString() ?? "none"}, W {weights.Input}, U {weights.Hidden}, h {h} do not fit on {device}");
        dx = x.Consume();
        da = a?.Consume() ?? default;
        variant = device.Select(() => Portable(workspace), () => Simd(workspace), () => Gpu(workspace));
    }

    /// <summary>Which positions belong to which row.</summary>
    public BehaviourHistory History => history;

    /// <summary>x (T, I).</summary>
    public Tensor Input => x;

    /// <summary>a (T, 1), or null.</summary>
    public Tensor? Attention => a;

    /// <summary>The weights.</summary>
    public GruWeights Weights => weights;

    /// <summary>h (T, H).</summary>
    public Tensor Output => h;

    /// <summary>What becomes of the update gate.</summary>
    public GruKind Kind => kind;

    /// <summary>Whether the reset gate is applied after the product with the state.</summary>
    public bool ResetAfter => resetAfter;

    /// <inheritdoc/>
    public string Name => (kind == GruKind.Gru ? $"gru {h.Name}" : $"gru {kind} {h.Name}").ToLowerInvariant();

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);
}
