using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Attention;

/// <summary>How scores become weights.</summary>
public enum AttentionNormalization
{
    /// <summary>a_t = s_t, the form of the DIN paper.</summary>
    None,

    /// <summary>a_t = e^{s_t} / Σ e^{s_u} over the valid positions of the row.</summary>
    Softmax,

    /// <summary>a_t = σ(s_t / √E).</summary>
    Sigmoid,

    /// <summary>Softmax of s_t / √E.</summary>
    ScaledSoftmax,
}

/// <summary>Attention weights and weighted sum of an example's keys (Zhou et al., KDD 2018, eq. 3): pooled = Σ_t a_t k_t.</summary>
/// <remarks>
/// An empty history pools to zeros.   da_t = ⟨dpooled, k_t⟩,  dk_t = a_t dpooled;
/// ds_t = da_t (none),  a_t (da_t − Σ_u a_u da_u) (softmax; over √E when scaled),  da_t a_t (1 − a_t) / √E (sigmoid).
/// s (T, 1)   pooled (B, E).   Keys are gathered once in each direction. Sums run in the order of positions: the same bits every run.
/// </remarks>
public sealed partial class AttentionPooling : IOp
{
    private readonly Device device;
    private readonly BehaviourHistory history;
    private readonly Tensor score, pooled, weight;
    private readonly AttentionNormalization normalization;
    private readonly Tensor.GradientSink dScore;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments; Weight is (T): a.</summary>
    public readonly record struct Args(
        BehaviourHistory.View History, ArrayView<float> Score, ArrayView<float> Weight, ArrayView<float> Pooled, ArrayView<float> Dscore, ArrayView<float> Dpooled,
        AttentionNormalization Normalization, int B, int T);

    /// <param name="workspace">Reserves the weights.</param>
    /// <param name="history">Keys.</param>
    /// <param name="score">(T, 1).</param>
    /// <param name="pooled">(B, E) output.</param>
    /// <param name="normalization">How scores become weights.</param>
    /// <param name="input">The first layer over the same keys: its SIMD variant has the keys in cache in backward, and writes dk of both ops.</param>
    public AttentionPooling(Workspace workspace, BehaviourHistory history, Tensor score, Tensor pooled, AttentionNormalization normalization, ActivationUnitFirstLayer? input = null)
    {
        (device, this.history, this.score, this.pooled, this.normalization) = (workspace.Device, history, score, pooled, normalization);
        if (score.Columns != 1 || score.RowKind != history.PositionRows || pooled.Columns != history.E)
            throw new KernelException($"attention pooling: scores {score}, pooled {pooled} do not fit keys of width {history.E} on {device}");
        weight = workspace.Tensor($"{pooled.Name} weights", history.MaxTokens, 1, kind: history.PositionRows);
        dScore = score.Consume();
        variant = device.Select(Portable, () => Simd(input));
    }

    /// <inheritdoc/>
    public string Name => $"attention pooling {pooled.Name}";

    /// <summary>(B, E) the output.</summary>
    internal Tensor Pooled => pooled;

    /// <summary>(T, 1) the weights of the last pass.</summary>
    public Tensor Weights => weight;

    /// <summary>Keys.</summary>
    public BehaviourHistory History => history;

    /// <summary>s (T, 1).</summary>
    public Tensor Score => score;

    /// <summary>Pooled (B, E).</summary>
    public Tensor Output => pooled;

    /// <summary>How scores become weights.</summary>
    public AttentionNormalization Normalization => normalization;

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    private OpVariant Portable()
    {
        Kernel<Args> normalize = new(device, NormalizeKernel), pool = new(device, PoolKernel);
        Kernel<Args> dots = new(device, DotsKernel), scores = new(device, ScoresKernel), keys = new(device, KeysKernel);
        return new(
            (in Pass pass) =>
            {
                Args args = Bind(pass);
                normalize.Run(pass.Rows, args);
                pool.Run((long)pass.Rows * history.E, args);
            },
            (in Pass pass) =>
            {
                Args args = Bind(pass);
                dots.Run(args.T, args);
                scores.Run(pass.Rows, args);
                keys.Run((long)args.T * history.E, args);
            });
    }

    private Args Bind(in Pass pass) => new(
        history.Bind(), score.View, weight.View, pooled.View, score.BoundGradient, pooled.BoundGradient,
        normalization, pass.Rows, pass.RowsOf(score));

    /// <summary>One item = one row of the batch.</summary>
    private static void NormalizeKernel(Args a)
    {
        for (int b = Grid.GlobalLinearIndex; b < a.B; b += GridLoop.Stride)
        {
            int first = a.History.Offsets[b], last = a.History.Offsets[b + 1];
            float highest = float.NegativeInfinity, sum = 0, root = XMath.Sqrt((float)a.History.E);
            for (int t = first; t < last; t++)
                highest = Math.Max(highest, a.Score[t]);
            for (int t = first; t < last; t++)
            {
                float s = a.Score[t];
                float w = a.Normalization == AttentionNormalization.None ? s
                    : a.Normalization == AttentionNormalization.Sigmoid ? 1 / (1 + XMath.Exp(-s / root))
                    : XMath.Exp(a.Normalization == AttentionNormalization.ScaledSoftmax ? (s - highest) / root : s - highest);
                a.Weight[t] = w;
                sum += w;
            }
            for (int t = first; t < last && SumsToOne(a.Normalization); t++)
                a.Weight[t] /= sum;
        }
    }

    private static void PoolKernel(Args a)
    {
        int e = a.History.E;
        for (int i = Grid.GlobalLinearIndex; i < a.B * e; i += GridLoop.Stride)
        {
            int b = i / e, j = i % e;
            float sum = 0;
            for (int t = a.History.Offsets[b]; t < a.History.Offsets[b + 1]; t++)
                sum += a.Weight[t] * a.History.Key(t, j);
            a.Pooled[i] = sum;
        }
    }

    /// <summary>One item = one position: da, stored in place of ds until the sums of its example are known.</summary>
    private static void DotsKernel(Args a)
    {
        int e = a.History.E;
        for (int t = Grid.GlobalLinearIndex; t < a.T; t += GridLoop.Stride)
        {
            int b = a.History.Owners[t];
            float da = 0;
            for (int j = 0; j < e; j++)
                da += a.Dpooled[(long)b * e + j] * a.History.Key(t, j);
            a.Dscore[t] = da;
        }
    }

    private static void ScoresKernel(Args a)
    {
        int e = a.History.E;
        for (int b = Grid.GlobalLinearIndex; b < a.B; b += GridLoop.Stride)
        {
            int first = a.History.Offsets[b], last = a.History.Offsets[b + 1];
            float inner = 0, root = XMath.Sqrt((float)e);
            for (int t = first; t < last; t++)
            {
                float da = a.Dscore[t], w = a.Weight[t];
                inner += w * da;
                a.Dscore[t] = a.Normalization == AttentionNormalization.Sigmoid ? da * w * (1 - w) / root : da;
            }
            float scale = a.Normalization == AttentionNormalization.ScaledSoftmax ? root : 1;
            for (int t = first; t < last && SumsToOne(a.Normalization); t++)
                a.Dscore[t] = a.Weight[t] * (a.Dscore[t] - inner) / scale;
        }
    }

    private static bool SumsToOne(AttentionNormalization n) => n == AttentionNormalization.Softmax || n == AttentionNormalization.ScaledSoftmax;

    /// <summary>Of the ops that read the keys, this one is recorded last, so it writes their gradients and the others add.</summary>
    private static void KeysKernel(Args a)
    {
        int e = a.History.E;
        for (long i = Grid.GlobalLinearIndex; i < (long)a.T * e; i += GridLoop.Stride)
        {
            int t = (int)(i / e), j = (int)(i % e);
            a.History.RowGradients[a.History.KeyGradient(t, j)] = a.Weight[t] * a.Dpooled[(long)a.History.Owners[t] * e + j];
        }
    }
}
