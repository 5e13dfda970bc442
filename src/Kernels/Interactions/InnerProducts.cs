using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Interactions;

/// <summary>The inner product of every pair of vectors (Qu et al., PNN, ICDM 2016, eq. 7 with one weight per pair): p_ij = ⟨v_i, v_j⟩, i &lt; j, row after row of the upper triangle.</summary>
/// <remarks>
/// dv_i = Σ_{j≠i} dp_ij v_j.
/// v (B, C·D)   p (B, C(C−1)/2).   C(C−1)·D operations per row forward, twice as many backward; v is read once in each direction. Every element is one sum in a fixed order: the same bits every run.
/// </remarks>
public sealed partial class InnerProducts : IOp
{
    private readonly Device device;
    private readonly Tensor v, p;
    private readonly int c, d;
    private readonly Tensor.GradientSink dv;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments; C vectors of D values.</summary>
    public readonly record struct Args(ArrayView<float> V, ArrayView<float> P, GradientView Dv, ArrayView<float> Dp, int Rows, int C, int D);

    /// <param name="device">The device.</param>
    /// <param name="v">(B, C·D) concatenated vectors.</param>
    /// <param name="d">D.</param>
    /// <param name="p">(B, C(C−1)/2) output.</param>
    public InnerProducts(Device device, Tensor v, int d, Tensor p)
    {
        if (d < 1 || v.Columns % d != 0 || PairsOf(v.Columns / d) != p.Columns)
            throw new KernelException($"inner products: the pairs of {v}, vectors of {d}, are not {p} on {device}");
        (this.device, this.v, this.d, this.p, c) = (device, v, d, p, v.Columns / d);
        dv = v.Consume();
        variant = device.Select(Portable, Simd);
    }

    /// <summary>v (B, C·D).</summary>
    public Tensor Input => v;

    /// <summary>D.</summary>
    public int Width => d;

    /// <summary>p (B, C(C−1)/2).</summary>
    public Tensor Output => p;

    /// <inheritdoc/>
    public string Name => $"inner products {p.Name}";

    /// <summary>Pairs of C vectors: C(C−1)/2.</summary>
    public static int PairsOf(int vectors) => vectors * (vectors - 1) / 2;

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        if (dv.Target is not null)
            variant.Backward(pass);
    }

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new(
            (in Pass pass) => forward.Run((long)pass.Rows * c, Bind(pass)),
            (in Pass pass) => backward.Run((long)pass.Rows * v.Columns, Bind(pass)));
    }

    private Args Bind(in Pass pass) => new(v.View, p.View, dv.View, p.BoundGradient, pass.Rows, c, d);

    /// <summary>Index of the first pair (i, i + 1) of a row.</summary>
    private static int FirstPair(int i, int c) => i * (2 * c - i - 1) / 2;

    /// <summary>One item = the pairs (i, j > i) of one row.</summary>
    private static void ForwardKernel(Args a)
    {
        for (long item = Grid.GlobalLinearIndex; item < (long)a.Rows * a.C; item += GridLoop.Stride)
        {
            long row = item / a.C;
            int i = (int)(item % a.C);
            long left = item * a.D, to = row * (a.C * (a.C - 1) / 2) + FirstPair(i, a.C);
            for (int j = i + 1; j < a.C; j++, to++)
            {
                long right = (row * a.C + j) * a.D;
                float sum = 0;
                for (int k = 0; k < a.D; k++)
                    sum += a.V[left + k] * a.V[right + k];
                a.P[to] = sum;
            }
        }
    }

    /// <summary>One item = one value of dv.</summary>
    private static void BackwardKernel(Args a)
    {
        for (long item = Grid.GlobalLinearIndex; item < (long)a.Rows * a.C * a.D; item += GridLoop.Stride)
        {
            long row = item / a.D / a.C, pairs = row * (a.C * (a.C - 1) / 2), values = row * a.C * a.D + item % a.D;
            int i = (int)(item / a.D % a.C);
            float sum = 0;
            for (int j = 0; j < a.C; j++)
                if (j != i)
                    sum += a.Dp[pairs + (j < i ? FirstPair(j, a.C) + i - j - 1 : FirstPair(i, a.C) + j - i - 1)] * a.V[values + (long)j * a.D];
            a.Dv.Write(item, sum);
        }
    }
}
