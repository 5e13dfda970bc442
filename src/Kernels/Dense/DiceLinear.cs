using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Dense;

/// <summary>Dice and the fully connected layer behind it: y = Dice(x) Wᵀ + b.</summary>
/// <remarks>
/// The formulas are those of <see cref="Dice"/> and <see cref="Linear"/>, and where there is no SIMD variant those two run one after the other.
/// Between them lie Dice(x) and its gradient, 4·R·H values written or read a step; fused, they live in cache, some rows at a time,
/// and backward computes Dice(x) once more from the exponential that it needs anyway.
/// x (R, H)   W (N, H)   b (1, N) or none   y (R, N).   Every sum has one order: the same bits every run.
/// </remarks>
public sealed partial class DiceLinear : IOp, IDisposable
{
    private readonly Device device;
    private readonly Tensor x, w, y;
    private readonly Tensor? b;
    private readonly Tensor.GradientSink dx;
    private readonly Dice? activation;
    private readonly Linear? linear;

    /// <param name="workspace">Where intermediate values are reserved.</param>
    /// <param name="dice">x, α and the running averages.</param>
    /// <param name="w">(N, H).</param>
    /// <param name="b">(1, N), or null.</param>
    /// <param name="y">(R, N) output.</param>
    /// <exception cref="Devices.KernelException">Sizes do not fit.</exception>
    public DiceLinear(Workspace workspace, in DiceTensors dice, Tensor w, Tensor? b, Tensor y)
    {
        (device, x, this.w, this.b, this.y, Tensors) = (workspace.Device, dice.X, w, b, y, dice);
        if (w.Columns != x.Columns || w.Rows != y.Columns || x.Rows != y.Rows || b is not null && b.Length != y.Columns)
            throw new Devices.KernelException($"dice and linear: x {x}, W {w}, b {b}, y {y} do not fit on {device}");
        if (device.UsesSimd)
        {
            dx = x.Consume();
            PlanSimd(workspace, dice);
            return;
        }
        Tensor activated = workspace.Tensor($"{x.Name}.dice", x.Rows, x.Columns, gradient: true, x.Group);
        activation = new Dice(workspace, dice, activated);
        linear = new Linear(workspace, activated, w, b, y, relu: false);
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
    public string Name => $"dice and linear {w.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass)
    {
        if (device.UsesSimd)
        {
            RunForward(pass);
            return;
        }
        activation!.Forward(pass);
        linear!.Forward(pass);
    }

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        if (device.UsesSimd)
        {
            RunBackward(pass);
            return;
        }
        linear!.Backward(pass);
        activation!.Backward(pass);
    }

    /// <inheritdoc/>
    public void Commit(in Pass pass, Tensor guard)
    {
        if (!pass.Training || pass.RowsOf(x) == 0)
            return;
        if (device.UsesSimd)
            simd!.Commit(guard);
        else
            activation!.Commit(pass, guard);
    }

    /// <inheritdoc/>
    public void Dispose() => linear?.Dispose();
}
