using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Interactions;

/// <summary>Pairs of a field-aware factorization machine (Juan et al., RecSys 2016, eq. 4): y = Σ_{i&lt;j} ⟨v_{i,j}, v_{j,i}⟩, v_{i,j} the vector of D numbers of field i for field j.</summary>
/// <remarks>
/// dv_{i,j} = dy v_{j,i},  dv_{i,i} = 0.
/// v (B, C·C·D): v_{i,j} at (i·C + j)·D   y (B, 1)   s (B, C) sums Σ_{j&gt;i} of one field, because GPUs need more threads than rows.
/// C(C−1)·D operations per row forward, C²·D backward; v is read once in each direction and dv written once: 2 operations per 8 bytes, so memory is the limit.
/// The blocks v_{i,i} are in no pair. They are stored anyway, as in LIBFFM: without them 1/C less would be stored and moved, but the address of every other
/// block would depend on its side of the diagonal. Every sum has a fixed order: the same bits every run.
/// </remarks>
public sealed partial class FieldAwarePairs : IOp
{
    private readonly Device device;
    private readonly Tensor v, y;
    private readonly int c, d;
    private readonly Tensor.GradientSink dv;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments; C fields, each with C vectors of D values.</summary>
    public readonly record struct Args(ArrayView<float> V, ArrayView<float> Y, ArrayView<float> S, GradientView Dv, ArrayView<float> Dy, int Rows, int C, int D);

    /// <param name="workspace">Reserves s.</param>
    /// <param name="v">(B, C·C·D) concatenated vectors of all fields.</param>
    /// <param name="fields">C.</param>
    /// <param name="y">(B, 1) output.</param>
    public FieldAwarePairs(Workspace workspace, Tensor v, int fields, Tensor y)
    {
        device = workspace.Device;
        if (fields < 1 || v.Columns % ((long)fields * fields) != 0 || v.Columns == 0 || y.Columns != 1)
            throw new KernelException($"field-aware pairs: {v} are not vectors of {fields} fields for {fields} fields, or {y} is not one number a row, on {device}");
        (this.v, this.y, c, d) = (v, y, fields, v.Columns / (fields * fields));
        dv = v.Consume();
        variant = device.Select(() => Portable(workspace), Simd);
    }

    /// <summary>v (B, C·C·D).</summary>
    public Tensor Input => v;

    /// <summary>C.</summary>
    public int Fields => c;

    /// <summary>D.</summary>
    public int Width => d;

    /// <summary>y (B, 1).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"field-aware pairs {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        if (dv.Target is not null)
            variant.Backward(pass);
    }

    private OpVariant Portable(Workspace workspace)
    {
        Tensor sums = workspace.Tensor($"{y.Name} by field", v.Rows, c);
        Kernel<Args> forward = new(device, ForwardKernel), total = new(device, TotalKernel), backward = new(device, BackwardKernel);
        return new(
            (in Pass pass) =>
            {
                Args args = Bind(pass, sums);
                forward.Run((long)pass.Rows * c, args);
                total.Run(pass.Rows, args);
            },
            (in Pass pass) => backward.Run((long)pass.Rows * v.Columns, Bind(pass, sums)));
    }

    private Args Bind(in Pass pass, Tensor sums) => new(v.View, y.View, sums.View, dv.View, y.BoundGradient, pass.Rows, c, d);

    /// <summary>One item = the pairs (i, j > i) of one row.</summary>
    private static void ForwardKernel(Args a)
    {
        for (long item = Grid.GlobalLinearIndex; item < (long)a.Rows * a.C; item += GridLoop.Stride)
        {
            int i = (int)(item % a.C);
            float sum = 0;
            for (int j = i + 1; j < a.C; j++)
            {
                long left = (item * a.C + j) * a.D, right = ((item - i + j) * a.C + i) * a.D;
                for (int k = 0; k < a.D; k++)
                    sum += a.V[left + k] * a.V[right + k];
            }
            a.S[item] = sum;
        }
    }

    /// <summary>One item = one row.</summary>
    private static void TotalKernel(Args a)
    {
        for (long row = Grid.GlobalLinearIndex; row < a.Rows; row += GridLoop.Stride)
        {
            float sum = 0;
            for (int i = 0; i < a.C; i++)
                sum += a.S[row * a.C + i];
            a.Y[row] = sum;
        }
    }

    /// <summary>One item = one value of dv: neighbouring threads write neighbouring values.</summary>
    private static void BackwardKernel(Args a)
    {
        for (long item = Grid.GlobalLinearIndex; item < (long)a.Rows * a.C * a.C * a.D; item += GridLoop.Stride)
        {
            long block = item / a.D, field = block / a.C, row = field / a.C;
            int i = (int)(field % a.C), j = (int)(block % a.C);
            long pair = ((row * a.C + j) * a.C + i) * a.D + item % a.D;
            a.Dv.Write(item, i == j ? 0f : a.Dy[row] * a.V[pair]);
        }
    }
}
