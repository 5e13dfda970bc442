using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Embedding;

/// <summary>Inputs and outputs of <see cref="EmbeddingFm"/>. Sizes: B examples with F ids, N numbers and P pooled lists each, vectors of width D, C = F + N + P.</summary>
/// <param name="Rows">(B, F) table rows.</param>
/// <param name="Numeric">(B, N) values x.</param>
/// <param name="Table">(ΣV, D) vectors.</param>
/// <param name="Weights">(ΣV, 1) first-order weights; null, like the other first-order tensors, if the model has no linear part.</param>
/// <param name="NumericVectors">(N, D) V, with D = 1 also as (1, N); its gradient is written.</param>
/// <param name="NumericWeights">(1, N) u; its gradient is written.</param>
/// <param name="Bias">(1, 1); its gradient is written.</param>
/// <param name="Vectors">(B, C·D) e; its gradient is the table's row gradient, so that the table's update finds it.</param>
/// <param name="RowWeights">(B, C) the first-order terms, of which only the gradient is stored: the row gradient of Weights.</param>
/// <param name="FirstOrder">(B, 1).</param>
/// <param name="Fm">(B, 1); null if the model has no factorization machine.</param>
/// <param name="NumericInFm">Numeric fields take part in Fm (they always are columns of e).</param>
/// <param name="Pooled">(B, P·D) vectors of pooled lists, copied to e; null if there are none.</param>
/// <param name="PooledWeights">(B, P) their first-order terms.</param>
public sealed record EmbeddingFmTensors(
    DeviceArray<int> Rows, Tensor Numeric, Tensor Table, Tensor? Weights, Tensor NumericVectors, Tensor? NumericWeights, Tensor? Bias,
    Tensor Vectors, Tensor? RowWeights, Tensor? FirstOrder, Tensor? Fm, bool NumericInFm = true,
    Tensor? Pooled = null, Tensor? PooledWeights = null);

/// <summary>Gather, first order and second-order factorization machine in one pass over the rows (Rendle 2010; Guo et al. 2017, eq. 2).</summary>
/// <remarks>
/// e[b,f] = W[row[b,f]],  e[b,F+n] = x[b,n] V[n],  e[b,F+N+p] = pooled[b,p]
/// first[b] = bias + Σ_f w[row[b,f]] + Σ_n u[n] x[b,n] + Σ_p pooledWeight[b,p]
/// fm[b] = ½ Σ_d (S[b,d]² − Σ_c e[b,c,d]²),  S[b,d] = Σ_c e[b,c,d]
/// de[b,c] += dfm[b] (S[b] − e[b,c]),  dw at position (b,f) = dfirst[b],  dV[n] = Σ_b x[b,n] de[b,F+n],  du[n] = Σ_b x[b,n] dfirst[b],  dbias = Σ_b dfirst[b];  pooled fields pass on de and dfirst
/// Forward reads B·F·(D + 1) table values and writes B·C·D; S (B, D) is saved. D = 0 gives plain logistic regression.
/// No atomics: row gradients are reduced by the table's update in sorted order. The same bits every run.
/// </remarks>
public sealed partial class EmbeddingFm : IOp
{
    private readonly Device device;
    private readonly EmbeddingFmTensors t;
    private readonly Tensor sums;
    private readonly int f, n, p, d;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments; the names are those of <see cref="EmbeddingFmTensors"/>.</summary>
    public readonly record struct Args(
        ArrayView<int> Rows, ArrayView<float> X, ArrayView<float> Table, ArrayView<float> Weights, ArrayView<float> V, ArrayView<float> U, ArrayView<float> Bias,
        ArrayView<float> E, ArrayView<float> S, ArrayView<float> First, ArrayView<float> Fm,
        ArrayView<float> De, ArrayView<float> Dw, ArrayView<float> Dv, ArrayView<float> Du, ArrayView<float> Dbias, ArrayView<float> Dfirst, ArrayView<float> Dfm,
        ArrayView<float> Pooled, ArrayView<float> PooledWeights, ArrayView<float> Dpooled, ArrayView<float> DpooledWeights,
        int B, int F, int N, int P, int D, Flags Flags)
    {
        internal int C => F + N + P;
    }

    /// <summary>Switches, each 0 or 1: whether numeric fields take part in the pairs, which outputs exist, and which of them are read.</summary>
    public readonly record struct Flags(int NumericInFm, int HasFirst, int HasFm, int UsesE, int UsesFm, int UsesFirst);

    /// <param name="workspace">Where S is reserved.</param>
    /// <param name="tensors">Inputs and outputs.</param>
    public EmbeddingFm(Workspace workspace, EmbeddingFmTensors tensors)
    {
        (device, t) = (workspace.Device, tensors);
        (d, n) = (t.Table.Columns, t.Numeric.Columns);
        f = (int)(t.Rows.Length / t.Numeric.Rows);
        p = d == 0 ? t.PooledWeights?.Columns ?? 0 : (t.Pooled?.Columns ?? 0) / d;
        t.Pooled?.Consume();
        t.PooledWeights?.Consume();
        if (t.Vectors.Columns != (f + n + p) * d || t.NumericVectors.Length != (long)n * d || (t.NumericWeights?.Length ?? n) != n || (t.Weights?.Rows ?? t.Table.Rows) != t.Table.Rows)
            throw new KernelException($"embedding FM: F {f}, N {n}, table {t.Table}, weights {t.Weights?.ToString() ?? "none"}, V {t.NumericVectors}, e {t.Vectors} do not fit on {device}");
        sums = workspace.Tensor("field vector sums", t.Numeric.Rows, d);
        variant = device.Select(() => Portable(workspace), Simd, () => Gpu(workspace));
    }

    /// <summary>Inputs and outputs.</summary>
    public EmbeddingFmTensors Tensors => t;

    /// <inheritdoc/>
    public string Name => "embedding FM";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    private OpVariant Portable(Workspace workspace)
    {
        Kernel<Args> forward = new(device, ForwardKernel), rowGradients = new(device, RowGradientsKernel);
        return OfKernels(workspace, args => forward.Run(args.B, args), args => rowGradients.Run((long)args.B * args.C, args));
    }

    /// <summary>A variant of the forward launch and of the table's row gradients; everything after these is shared by all variants.</summary>
    private OpVariant OfKernels(Workspace workspace, Action<Args> forward, Action<Args> rowGradients)
    {
        ColumnSums<NumericTerms> numericGradients = new(workspace, t.NumericVectors.Name, t.Numeric.Rows, n * d + (t.FirstOrder is null ? 0 : n + 1));
        Kernel<Args> pooledGradients = new(device, PooledGradientsKernel);
        return new(
            (in Pass pass) => forward(Bind(pass)),
            (in Pass pass) =>
            {
                Args args = Bind(pass);
                rowGradients(args);
                numericGradients.Run(new(args), pass.Rows);
                if (p > 0)
                    pooledGradients.Run((long)pass.Rows * p, args);
            });
    }

    private Args Bind(in Pass pass) => new(
        t.Rows.View, t.Numeric.View, t.Table.View, View(t.Weights), t.NumericVectors.View, View(t.NumericWeights), View(t.Bias),
        t.Vectors.View, sums.View, View(t.FirstOrder), View(t.Fm),
        Gradient(t.Vectors), Gradient(t.RowWeights), Gradient(t.NumericVectors), Gradient(t.NumericWeights), Gradient(t.Bias), Gradient(t.FirstOrder), Gradient(t.Fm),
        View(t.Pooled), View(t.PooledWeights), Gradient(t.Pooled), Gradient(t.PooledWeights),
        pass.Rows, f, n, p, d, Flag());

    /// <summary>A dummy view for an unused argument (that of the table); ILGPU needs one bound.</summary>
    private ArrayView<float> View(Tensor? tensor) => (tensor ?? t.Table).View;

    private ArrayView<float> Gradient(Tensor? tensor) => View(tensor?.Gradient);

    private Flags Flag() => new(
        t.NumericInFm ? 1 : 0, t.FirstOrder is null ? 0 : 1, t.Fm is null ? 0 : 1,
        t.Vectors.IsConsumed ? 1 : 0, t.Fm is { IsConsumed: true } ? 1 : 0, t.FirstOrder is { IsConsumed: true } ? 1 : 0);

    /// <summary>One item = one example. The loop over d is the outer one, so that S and the squares are two scalars instead of arrays.</summary>
    private static void ForwardKernel(Args a)
    {
        int c = a.C;
        for (int b = Grid.GlobalLinearIndex; b < a.B; b += GridLoop.Stride)
        {
            float fm = 0;
            for (int d = 0; d < a.D; d++)
            {
                float sum = 0, squares = 0;
                for (int f = 0; f < a.F; f++)
                {
                    float v = a.Table[(long)a.Rows[(long)b * a.F + f] * a.D + d];
                    a.E[((long)b * c + f) * a.D + d] = v;
                    sum += v;
                    squares += v * v;
                }
                for (int n = 0; n < a.N; n++)
                {
                    float v = a.X[(long)b * a.N + n] * a.V[n * a.D + d];
                    a.E[((long)b * c + a.F + n) * a.D + d] = v;
                    if (a.Flags.NumericInFm == 0)
                        continue;
                    sum += v;
                    squares += v * v;
                }
                for (int p = 0; p < a.P; p++)
                {
                    float v = a.Pooled[((long)b * a.P + p) * a.D + d];
                    a.E[((long)b * c + a.F + a.N + p) * a.D + d] = v;
                    sum += v;
                    squares += v * v;
                }
                a.S[(long)b * a.D + d] = sum;
                fm += sum * sum - squares;
            }
            if (a.Flags.HasFm != 0)
                a.Fm[b] = 0.5f * fm;
            if (a.Flags.HasFirst == 0)
                continue;
            float first = a.Bias[0];
            for (int f = 0; f < a.F; f++)
                first += a.Weights[a.Rows[(long)b * a.F + f]];
            for (int n = 0; n < a.N; n++)
                first += a.X[(long)b * a.N + n] * a.U[n];
            for (int p = 0; p < a.P; p++)
                first += a.PooledWeights[(long)b * a.P + p];
            a.First[b] = first;
        }
    }
}
