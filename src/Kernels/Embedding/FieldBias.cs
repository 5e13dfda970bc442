using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Embedding;

/// <summary>One trained number for each value of one field: y[b] = w[row[b, f]].</summary>
/// <remarks>
/// dw at lookup (b, f) = dy[b], at the lookups of the other fields 0; the table's update sums them by row.
/// w (ΣV, 1)   rows (B, F)   y (B, 1)   dw by lookup (P, 1), of which the first B·C are written.   The same bits every run.
/// </remarks>
public sealed unsafe partial class FieldBias : IOp
{
    private readonly Device device;
    private readonly Tensor weights, rowGradients, y;
    private readonly DeviceArray<int> rows;
    private readonly int fields, columns, field;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(
        ArrayView<int> Rows, ArrayView<float> Weights, ArrayView<float> RowGradients, ArrayView<float> Y, ArrayView<float> Dy, int B, int Fields, int Columns, int Field);

    /// <param name="device">The device.</param>
    /// <param name="rows">(B, F) table rows.</param>
    /// <param name="weights">(ΣV, 1).</param>
    /// <param name="rowGradients">(P, 1) gradient of each lookup: C per example, followed by those of lists.</param>
    /// <param name="y">(B, 1) output.</param>
    /// <param name="fields">F.</param>
    /// <param name="columns">C.</param>
    /// <param name="field">f.</param>
    public FieldBias(Device device, DeviceArray<int> rows, Tensor weights, Tensor rowGradients, Tensor y, int fields, int columns, int field)
    {
        if (weights.Columns != 1 || rowGradients.Columns != 1 || y.Columns != 1 || field < 0 || field >= fields || rowGradients.Rows < y.Rows * columns)
            throw new KernelException($"field bias: field {field} of {fields}, w {weights}, dw {rowGradients}, y {y} do not fit on {device}");
        (this.device, this.rows, this.weights, this.rowGradients, this.y) = (device, rows, weights, rowGradients, y);
        (this.fields, this.columns, this.field) = (fields, columns, field);
        variant = device.Select(Portable, Simd);
    }

    /// <summary>w (ΣV, 1).</summary>
    public Tensor Weights => weights;

    /// <summary>y (B, 1).</summary>
    public Tensor Output => y;

    /// <summary>f.</summary>
    public int Field => this.field;

    /// <inheritdoc/>
    public string Name => $"field bias {weights.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    private OpVariant Simd() => new(
        (in Pass pass) =>
        {
            for (int b = 0; b < pass.Rows; b++)
                y.Pointer[b] = weights.Pointer[rows.Pointer[(long)b * fields + field]];
        },
        (in Pass pass) =>
        {
            for (long i = 0; i < (long)pass.Rows * columns; i++)
                rowGradients.Pointer[i] = i % columns == field ? y.Gradient!.Pointer[i / columns] : 0;
        });

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new((in Pass pass) => forward.Run(pass.Rows, Bind(pass)), (in Pass pass) => backward.Run((long)pass.Rows * columns, Bind(pass)));
    }

    private Args Bind(in Pass pass) => new(rows.View, weights.View, rowGradients.View, y.View, y.BoundGradient, pass.Rows, fields, columns, field);

    private static void ForwardKernel(Args a)
    {
        for (int b = Grid.GlobalLinearIndex; b < a.B; b += GridLoop.Stride)
            a.Y[b] = a.Weights[a.Rows[(long)b * a.Fields + a.Field]];
    }

    private static void BackwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.B * a.Columns; i += GridLoop.Stride)
            a.RowGradients[i] = i % a.Columns == a.Field ? a.Dy[i / a.Columns] : 0;
    }
}
