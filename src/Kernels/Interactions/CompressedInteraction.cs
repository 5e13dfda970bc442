using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Interactions;

/// <summary>A layer of the compressed interaction network (Lian et al., xDeepFM, KDD 2018, eq. 6): feature map h is y_h = Σ_i Σ_j W_hij x_i ∘ v_j, over the maps x_i of the layer before and the field vectors v_j.</summary>
/// <remarks>
/// dx_i = Σ_h Σ_j W_hij dy_h ∘ v_j,   dv_j = Σ_h Σ_i W_hij dy_h ∘ x_i,   dW_hij = Σ_b ⟨dy_h, x_i ∘ v_j⟩.
/// Row (b, d) of a tensor holds number d of all vectors of example b (<see cref="RowKind.PartOfExample"/>):
/// x (B·D, I)   v (B·D, J), in the first layer x itself   W (H, I·J)   y (B·D, H).
/// With z = (x_i v_j) of a row, I·J numbers that are never stored whole, y = z Wᵀ, dz = dy W and dW = dyᵀ z: three products of 2·B·D·H·I·J operations
/// on 4·B·D·(I + J + H) bytes each. Every sum has a fixed order: the same bits every run.
/// </remarks>
public sealed partial class CompressedInteraction : IOp
{
    private readonly Device device;
    private readonly Tensor x, v, w, y;
    private readonly int mapCount, fields, maps;
    private readonly Tensor.GradientSink dx, dv;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(
        ArrayView<float> X, ArrayView<float> V, ArrayView<float> W, ArrayView<float> Y, GradientView Dx, GradientView Dv, ArrayView<float> Dw, ArrayView<float> Dy,
        int Rows, int I, int J, int H)
    {
        /// <summary>W_hij.</summary>
        internal float Weight(int h, int i, int j) => W[((long)h * I + i) * J + j];

        /// <summary>x_i v_j of a row, c = (i, j).</summary>
        internal float Z(int row, int c) => X[(long)row * I + c / J] * V[(long)row * J + c % J];
    }

    /// <param name="workspace">Reserves scratch memory.</param>
    /// <param name="x">(B·D, I).</param>
    /// <param name="v">(B·D, J).</param>
    /// <param name="w">(H, I·J).</param>
    /// <param name="y">(B·D, H) output.</param>
    public CompressedInteraction(Workspace workspace, Tensor x, Tensor v, Tensor w, Tensor y)
    {
        device = workspace.Device;
        if (w.Columns != (long)x.Columns * v.Columns || w.Rows != y.Columns || x.RowKind != y.RowKind || v.RowKind != y.RowKind || w.Length == 0)
            throw new KernelException($"compressed interaction: x {x}, v {v}, W {w}, y {y} do not fit on {device}");
        (this.x, this.v, this.w, this.y) = (x, v, w, y);
        (mapCount, fields, maps) = (x.Columns, v.Columns, y.Columns);
        // Backward writes dx before dv, which may be the same tensor.
        (dv, dx) = (v.Consume(), x.Consume());
        variant = device.Select(Portable, () => Simd(workspace), () => Gpu(workspace));
    }

    /// <summary>x and v.</summary>
    public (Tensor X, Tensor V) Inputs => (x, v);

    /// <summary>W (H, I·J).</summary>
    public Tensor Weight => w;

    /// <summary>y (B·D, H).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"compressed interaction {w.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), weights = new(device, WeightsKernel), toMaps = new(device, MapsKernel), toFields = new(device, FieldsKernel);
        return new(
            (in Pass pass) => forward.Run((long)pass.RowsOf(y) * maps, Bind(pass)),
            (in Pass pass) =>
            {
                Args args = Bind(pass);
                weights.Run(w.Length, args);
                if (dx.Target is not null)
                    toMaps.Run((long)args.Rows * mapCount, args);
                if (dv.Target is not null)
                    toFields.Run((long)args.Rows * fields, args);
            });
    }

    private Args Bind(in Pass pass) => new(
        x.View, v.View, w.View, y.View, dx.View, dv.View, w.BoundGradient, y.BoundGradient, pass.RowsOf(y), mapCount, fields, maps);

    /// <summary>One item = one value of y.</summary>
    private static void ForwardKernel(Args a)
    {
        for (long item = Grid.GlobalLinearIndex; item < (long)a.Rows * a.H; item += GridLoop.Stride)
        {
            int row = (int)(item / a.H), h = (int)(item % a.H);
            float sum = 0;
            for (int i = 0; i < a.I; i++)
            {
                float inner = 0;
                for (int j = 0; j < a.J; j++)
                    inner += a.Weight(h, i, j) * a.V[(long)row * a.J + j];
                sum += inner * a.X[(long)row * a.I + i];
            }
            a.Y[item] = sum;
        }
    }

    /// <summary>One item = one value of dW.</summary>
    private static void WeightsKernel(Args a)
    {
        for (long item = Grid.GlobalLinearIndex; item < (long)a.H * a.I * a.J; item += GridLoop.Stride)
        {
            int h = (int)(item / (a.I * a.J)), c = (int)(item % (a.I * a.J));
            float sum = 0;
            for (int row = 0; row < a.Rows; row++)
                sum += a.Dy[(long)row * a.H + h] * a.Z(row, c);
            a.Dw[item] = sum;
        }
    }

    /// <summary>One item = one value of dx.</summary>
    private static void MapsKernel(Args a)
    {
        for (long item = Grid.GlobalLinearIndex; item < (long)a.Rows * a.I; item += GridLoop.Stride)
        {
            int row = (int)(item / a.I), i = (int)(item % a.I);
            float sum = 0;
            for (int h = 0; h < a.H; h++)
            {
                float inner = 0;
                for (int j = 0; j < a.J; j++)
                    inner += a.Weight(h, i, j) * a.V[(long)row * a.J + j];
                sum += inner * a.Dy[(long)row * a.H + h];
            }
            a.Dx.Write(item, sum);
        }
    }

    /// <summary>One item = one value of dv.</summary>
    private static void FieldsKernel(Args a)
    {
        for (long item = Grid.GlobalLinearIndex; item < (long)a.Rows * a.J; item += GridLoop.Stride)
        {
            int row = (int)(item / a.J), j = (int)(item % a.J);
            float sum = 0;
            for (int h = 0; h < a.H; h++)
            {
                float inner = 0;
                for (int i = 0; i < a.I; i++)
                    inner += a.Weight(h, i, j) * a.X[(long)row * a.I + i];
                sum += inner * a.Dy[(long)row * a.H + h];
            }
            a.Dv.Write(item, sum);
        }
    }
}
