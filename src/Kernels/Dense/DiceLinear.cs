using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Dense;

/// <summary>Dice and the following fully connected layer: y = Dice(x) Wᵀ + b.</summary>
/// <remarks>
/// The formulas are those of <see cref="Dice"/> and <see cref="Linear"/>, and without a SIMD variant, these two run in sequence.
/// Unfused, Dice(x) and its gradient cost 4·R·H values written or read per step; fused, they stay in cache, some rows at a time,
/// and backward recomputes Dice(x) from the exponential that it needs anyway.
/// x (R, H)   W (N, H)   b (1, N) or none   y (R, N).   Every sum has a fixed order: the same bits every run.
/// </remarks>
public sealed partial class DiceLinear : IOp, IDisposable
{
    private readonly Device device;
    private readonly Tensor x, w, y;
    private readonly Tensor? b;
    private readonly OpVariant variant;

    // For the unfused composition.
    private Linear? linear;

    /// <param name="workspace">Reserves intermediate values.</param>
    /// <param name="dice">x, α and the running averages.</param>
    /// <param name="w">(N, H).</param>
    /// <param name="b">(1, N), or null.</param>
    /// <param name="y">(R, N) output.</param>
    /// <exception cref="Devices.KernelException">Sizes do not fit.</exception>
    public DiceLinear(Workspace workspace, in DiceTensors dice, Tensor w, Tensor? b, Tensor y)
    {
        (device, x, this.w, this.b, this.y, Tensors) = (workspace.Device, dice.X, w, b, y, dice);
        if (w.Columns != x.Columns || w.Rows != y.Columns || x.Rows != y.Rows || b is not null && b.Length != y.Columns)
            throw new KernelException($"dice linear: x {x}, W {w}, b {b}, y {y} do not fit on {device}");
        variant = device.Select(() => Composed(workspace), () => Simd(workspace));
    }

    /// <summary>x, α and the running averages.</summary>
    public DiceTensors Tensors { get; }

    /// <summary>W (N, H).</summary>
    public Tensor Weight => w;

    /// <summary>b (1, N), or null.</summary>
    public Tensor? Bias => b;

    /// <summary>y (R, N).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"dice linear {w.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    /// <inheritdoc/>
    public void Commit(in Pass pass, Tensor stepFactor)
    {
        if (pass.Training && pass.WholeRowsOf(x) > 0)
            variant.Commit!(pass, stepFactor);
    }

    private OpVariant Composed(Workspace workspace)
    {
        Tensor activated = workspace.Tensor($"{x.Name}.dice", x.Rows, x.Columns, gradient: true, x.RowKind);
        Dice dice = new(workspace, Tensors, activated);
        Linear layer = linear = new(workspace, activated, w, b, y, relu: false);
        return new(
            (in Pass pass) =>
            {
                dice.Forward(pass);
                layer.Forward(pass);
            },
            (in Pass pass) =>
            {
                layer.Backward(pass);
                dice.Backward(pass);
            },
            dice.Commit);
    }

    /// <inheritdoc/>
    public void Dispose() => linear?.Dispose();
}
