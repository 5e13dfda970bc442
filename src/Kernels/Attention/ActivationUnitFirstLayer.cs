using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Attention;

/// <summary>First layer of the activation unit of DIN (Zhou et al., KDD 2018, fig. 2) over all valid history positions, with the gather of the keys.</summary>
/// <remarks>
/// z_t = W [q, k_t, q − k_t, q ∘ k_t] + β,  W = [Wq Wk Wd Wp] (H, 4E)
/// The concatenation is never formed: z_t = c + M k_t with c = (Wq + Wd) q + β and M = Wk − Wd + Wp·diag(q), computed once per example.
/// With G = Σ_t dz_t k_tᵀ and g = Σ_t dz_t of each example:
/// dβ = Σ g,  dWk = Σ G,  dWq = Σ g qᵀ,  dWd = dWq − dWk,  dWp = Σ G·diag(q),  dk_t += Mᵀ dz_t,  dq += (Wq + Wd)ᵀ g + Σ_h Wp[h] ∘ G[h].
/// z (T, H).   Forward: 2·T·E·H operations instead of 8·T·E·H, T·E gathered values read, T·H written.   Backward twice that.
/// Every sum has a fixed order: the same bits every run.
/// </remarks>
public sealed partial class ActivationUnitFirstLayer : IOp
{
    private readonly Device device;
    private readonly BehaviourHistory history;
    private readonly Tensor w, beta, z, constant, rowSums;
    private readonly Tensor.GradientSink dVectors;
    private readonly int h, e;
    private readonly OpVariant variant;
    private AttentionPooling? pooling;

    /// <summary>Kernel arguments; Constant and RowSums are (B, H): c and g.</summary>
    public readonly record struct Args(
        BehaviourHistory.View History, ArrayView<float> W, ArrayView<float> Beta, ArrayView<float> Z, ArrayView<float> Dz,
        ArrayView<float> Dw, ArrayView<float> Dbeta, ArrayView<float> Constant, ArrayView<float> RowSums, int B, int T, int H, int AddsToQuery)
    {
        /// <summary>Takes the gradient of q[b, j].</summary>
        internal void PutQuery(int b, int j, float dq)
        {
            long i = History.Query(b, j);
            History.Dvectors[i] = AddsToQuery != 0 ? History.Dvectors[i] + dq : dq;
        }
    }

    /// <param name="workspace">Reserves c and g.</param>
    /// <param name="history">Keys and queries.</param>
    /// <param name="w">(H, 4E).</param>
    /// <param name="beta">(1, H).</param>
    /// <param name="z">(T, H) output.</param>
    public ActivationUnitFirstLayer(Workspace workspace, BehaviourHistory history, Tensor w, Tensor beta, Tensor z)
    {
        (device, this.history, this.w, this.beta, this.z) = (workspace.Device, history, w, beta, z);
        (h, e) = (z.Columns, history.E);
        if (w.Rows != h || w.Columns != 4 * e || beta.Length != h || z.RowKind != history.PositionRows)
            throw new KernelException($"activation unit first layer: W {w}, β {beta}, z {z} do not fit keys of width {e} on {device}");
        constant = workspace.Tensor($"{z.Name} constant", history.Vectors.Rows, h);
        rowSums = workspace.Tensor($"d {z.Name} by row", history.Vectors.Rows, h);
        dVectors = history.Vectors.Consume();
        variant = device.Select(Portable, () => Simd(workspace), () => Gpu(workspace));
    }

    /// <summary>The pooling of the same keys, recorded next. If both have SIMD variants, this op also writes the pooling's part of dk.</summary>
    internal void WritesKeyGradientsOf(AttentionPooling next) => pooling = next;

    /// <summary>Keys and queries.</summary>
    public BehaviourHistory History => history;

    /// <summary>W (H, 4E).</summary>
    public Tensor Weight => w;

    /// <summary>β (1, H).</summary>
    public Tensor Bias => beta;

    /// <summary>z (T, H).</summary>
    public Tensor Output => z;

    /// <inheritdoc/>
    public string Name => $"activation unit first layer {z.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        // The query's gradient is added to the gradient of its field, which the tower has written before, because the tower was recorded later.
        if (!dVectors.Accumulates && history.Vectors.Columns != e)
            throw new KernelException($"{Name}: the target's vector must also be read by an op recorded later");
        if (history.Along is not null && !history.KeyGradientSink.Accumulates)
            throw new KernelException($"{Name}: {history.Table.Name} must also be read by an op recorded later, because this op adds to the gradients of its keys");
        variant.Backward(pass);
    }

    private OpVariant Portable()
    {
        Kernel<Args> constants = new(device, ConstantKernel), forward = new(device, ForwardKernel), sums = new(device, SumsKernel);
        Kernel<Args> weights = new(device, WeightsKernel), keys = new(device, KeysKernel), queries = new(device, QueriesKernel);
        return new(
            (in Pass pass) =>
            {
                Args args = Bind(pass);
                constants.Run((long)args.B * h, args);
                forward.Run((long)args.T * h, args);
            },
            (in Pass pass) =>
            {
                Args args = Bind(pass);
                sums.Run((long)args.B * h, args);
                weights.Run((long)h * (e + 1), args);
                keys.Run((long)args.T * e, args);
                queries.Run((long)args.B * e, args);
            });
    }

    private Args Bind(in Pass pass) => new(
        history.Bind(), w.View, beta.View, z.View, z.BoundGradient, w.BoundGradient, beta.BoundGradient, constant.View, rowSums.View,
        pass.Rows, pass.RowsOf(z), h, dVectors.Accumulates ? 1 : 0);

    private static void ConstantKernel(Args a)
    {
        int e = a.History.E;
        for (int i = Grid.GlobalLinearIndex; i < a.B * a.H; i += GridLoop.Stride)
        {
            int b = i / a.H, h = i % a.H;
            float sum = a.Beta[h];
            for (int j = 0; j < e; j++)
                sum += (a.W[h * 4 * e + j] + a.W[h * 4 * e + 2 * e + j]) * a.History.Vectors[a.History.Query(b, j)];
            a.Constant[i] = sum;
        }
    }

    private static void ForwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.T * a.H; i += GridLoop.Stride)
        {
            int t = (int)(i / a.H), h = (int)(i % a.H), b = a.History.Owners[t];
            float sum = a.Constant[(long)b * a.H + h];
            for (int j = 0; j < a.History.E; j++)
                sum += M(a, b, h, j) * a.History.Key(t, j);
            a.Z[i] = sum;
        }
    }

    private static void SumsKernel(Args a)
    {
        for (int i = Grid.GlobalLinearIndex; i < a.B * a.H; i += GridLoop.Stride)
        {
            int b = i / a.H, h = i % a.H;
            float sum = 0;
            for (int t = a.History.Offsets[b]; t < a.History.Offsets[b + 1]; t++)
                sum += a.Dz[(long)t * a.H + h];
            a.RowSums[i] = sum;
        }
    }

    /// <summary>One item = column j of all four parts of row h of W; after the last column, β.</summary>
    private static void WeightsKernel(Args a)
    {
        int e = a.History.E;
        for (int i = Grid.GlobalLinearIndex; i < a.H * (e + 1); i += GridLoop.Stride)
        {
            int h = i / (e + 1), j = i % (e + 1);
            float dWq = 0, dWk = 0, dWp = 0, dBeta = 0;
            for (int b = 0; b < a.B; b++)
            {
                float g = a.RowSums[(long)b * a.H + h], keySum = 0;
                dBeta += g;
                if (j == e)
                    continue;
                for (int t = a.History.Offsets[b]; t < a.History.Offsets[b + 1]; t++)
                    keySum += a.Dz[(long)t * a.H + h] * a.History.Key(t, j);
                float q = a.History.Vectors[a.History.Query(b, j)];
                dWk += keySum;
                dWp += keySum * q;
                dWq += g * q;
            }
            if (j == e)
            {
                a.Dbeta[h] = dBeta;
                continue;
            }
            a.Dw[h * 4 * e + j] = dWq;
            a.Dw[h * 4 * e + e + j] = dWk;
            a.Dw[h * 4 * e + 2 * e + j] = dWq - dWk;
            a.Dw[h * 4 * e + 3 * e + j] = dWp;
        }
    }

    /// <summary>The pooling after this layer has already written dk.</summary>
    private static void KeysKernel(Args a)
    {
        int e = a.History.E;
        for (long i = Grid.GlobalLinearIndex; i < (long)a.T * e; i += GridLoop.Stride)
        {
            int t = (int)(i / e), j = (int)(i % e), b = a.History.Owners[t];
            float sum = 0;
            for (int h = 0; h < a.H; h++)
                sum += M(a, b, h, j) * a.Dz[(long)t * a.H + h];
            a.History.RowGradients[a.History.KeyGradient(t, j)] += sum;
        }
    }

    private static void QueriesKernel(Args a)
    {
        int e = a.History.E;
        for (int i = Grid.GlobalLinearIndex; i < a.B * e; i += GridLoop.Stride)
        {
            int b = i / e, j = i % e;
            float sum = 0;
            for (int h = 0; h < a.H; h++)
            {
                float keySum = 0;
                for (int t = a.History.Offsets[b]; t < a.History.Offsets[b + 1]; t++)
                    keySum += a.Dz[(long)t * a.H + h] * a.History.Key(t, j);
                sum += (a.W[h * 4 * e + j] + a.W[h * 4 * e + 2 * e + j]) * a.RowSums[(long)b * a.H + h] + a.W[h * 4 * e + 3 * e + j] * keySum;
            }
            a.PutQuery(b, j, sum);
        }
    }

    private static float M(Args a, int b, int h, int j)
    {
        int e = a.History.E;
        return a.W[h * 4 * e + e + j] - a.W[h * 4 * e + 2 * e + j] + a.W[h * 4 * e + 3 * e + j] * a.History.Vectors[a.History.Query(b, j)];
    }
}
