using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Recurrent;

/// <content>A thread goes through all positions of a row. What backward needs of a position, 4H numbers, is kept.</content>
public sealed partial class Gru
{
    /// <summary>Kernel arguments.</summary>
    /// <remarks>Saved (T, 4H): r, z, n and, with the reset after the product, U_n h + b_hn, else r ∘ h.   Dp (T, 4H): dp_r, dp_z, dp_n and dp_n as U_n h + b_hn receives it.   Carry (T, H): dh from the next position.</remarks>
    public readonly record struct Args(
        ArrayView<int> Offsets, ArrayView<int> Owners, ArrayView<float> X, ArrayView<float> A, ArrayView<float> W, ArrayView<float> U, ArrayView<float> Bi, ArrayView<float> Bh, ArrayView<float> Hs,
        ArrayView<float> Saved, ArrayView<float> Dp, ArrayView<float> Carry, ArrayView<float> Dh, GradientView Dx, GradientView Da,
        ArrayView<float> Dw, ArrayView<float> Du, ArrayView<float> Dbi, ArrayView<float> Dbh, GruKind Kind, int ResetAfter, int B, int T, int I, int H);

    private OpVariant Portable(Workspace workspace)
    {
        Func<Pass, Args> bind = Binding(workspace);
        Kernel<Args> forward = new(device, ForwardKernel), rows = new(device, RowsKernel), inputs = new(device, InputsKernel), products = new(device, WeightsKernel);
        return new(
            (in Pass pass) => forward.Run(pass.Rows, bind(pass)),
            (in Pass pass) =>
            {
                Args args = bind(pass);
                rows.Run(pass.Rows, args);
                inputs.Run((long)args.T * args.I, args);
                products.Run(3L * args.H * (args.I + args.H + 2), args);
            });
    }

    /// <summary>Reserves the saved values of positions; returns the arguments of the kernels for a pass.</summary>
    private Func<Pass, Args> Binding(Workspace workspace)
    {
        Tensor saved = workspace.Tensor($"{h.Name} gates", h.Rows, 4 * h.Columns, kind: h.RowKind);
        Tensor dp = workspace.TrainingTensor($"d {h.Name} gates", h.Rows, 4 * h.Columns, h.RowKind), carry = workspace.TrainingTensor($"d {h.Name} carried", h.Rows, h.Columns, h.RowKind);
        return pass => new(
            history.Offsets.View, history.Owners.View, x.View, (a ?? h).View, weights.Input.View, weights.Hidden.View, weights.InputBias.View, weights.HiddenBias.View, h.View,
            saved.View, dp.View, carry.View, h.BoundGradient, dx.View, a is null ? GradientView.Dropped(h.View) : da.View,
            weights.Input.BoundGradient, weights.Hidden.BoundGradient, weights.InputBias.BoundGradient, weights.HiddenBias.BoundGradient,
            kind, resetAfter ? 1 : 0, pass.Rows, pass.RowsOf(h), x.Columns, h.Columns);
    }

    private static float AttentionAt(Args a, int t) => a.Kind == GruKind.Gru ? 0 : a.A[t];

    /// <summary>h before position t.</summary>
    private static float Before(Args a, int t, int first, int j) => t == first ? 0 : a.Hs[(long)(t - 1) * a.H + j];

    /// <summary>Row <paramref name="unit"/> of W x + b_i.</summary>
    private static float OfInput(Args a, int t, int unit)
    {
        float sum = a.Bi[unit];
        for (int i = 0; i < a.I; i++)
            sum += a.W[(long)unit * a.I + i] * a.X[(long)t * a.I + i];
        return sum;
    }

    /// <summary>Row <paramref name="unit"/> of U h + b_h.</summary>
    private static float OfState(Args a, int t, int first, int unit)
    {
        float sum = a.Bh[unit];
        for (int k = 0; k < a.H && t > first; k++)
            sum += a.U[(long)unit * a.H + k] * a.Hs[(long)(t - 1) * a.H + k];
        return sum;
    }

    /// <summary>Row j of U_n (r ∘ h) + b_hn.</summary>
    private static float OfResetState(Args a, int t, int j)
    {
        float sum = a.Bh[2 * a.H + j];
        for (int k = 0; k < a.H; k++)
            sum += a.U[(long)(2 * a.H + j) * a.H + k] * a.Saved[(4L * t + 3) * a.H + k];
        return sum;
    }

    /// <summary>One item = one row of the batch.</summary>
    private static void ForwardKernel(Args a)
    {
        for (int b = Grid.GlobalLinearIndex; b < a.B; b += GridLoop.Stride)
        {
            int first = a.Offsets[b], last = a.Offsets[b + 1];
            for (int t = first; t < last; t++)
            {
                long at = 4L * t * a.H;
                for (int j = 0; j < a.H; j++)
                {
                    float r = Squash.Sigmoid(OfInput(a, t, j) + OfState(a, t, first, j));
                    a.Saved[at + j] = r;
                    a.Saved[at + a.H + j] = Squash.Sigmoid(OfInput(a, t, a.H + j) + OfState(a, t, first, a.H + j));
                    a.Saved[at + 3 * a.H + j] = a.ResetAfter != 0 ? OfState(a, t, first, 2 * a.H + j) : r * Before(a, t, first, j);
                }
                KeptShare share = KeptShare.Of(a.Kind, AttentionAt(a, t));
                for (int j = 0; j < a.H; j++)
                {
                    float r = a.Saved[at + j], z = a.Saved[at + a.H + j];
                    float n = Squash.Tanh(OfInput(a, t, 2 * a.H + j) + (a.ResetAfter != 0 ? r * a.Saved[at + 3 * a.H + j] : OfResetState(a, t, j)));
                    float s = share.Fixed + share.Gated * z;
                    a.Saved[at + 2 * a.H + j] = n;
                    a.Hs[(long)t * a.H + j] = s * Before(a, t, first, j) + (1 - s) * n;
                }
            }
        }
    }

    /// <summary>One item = one row of the batch, from its last position to its first: dp and da.</summary>
    private static void RowsKernel(Args a)
    {
        KeptShare slope = KeptShare.Slope(a.Kind);
        for (int b = Grid.GlobalLinearIndex; b < a.B; b += GridLoop.Stride)
        {
            int first = a.Offsets[b], last = a.Offsets[b + 1];
            for (int t = last - 1; t >= first; t--)
            {
                KeptShare share = KeptShare.Of(a.Kind, AttentionAt(a, t));
                long at = 4L * t * a.H;
                float da = 0;
                for (int j = 0; j < a.H; j++)
                {
                    float r = a.Saved[at + j], z = a.Saved[at + a.H + j], n = a.Saved[at + 2 * a.H + j], s = share.Fixed + share.Gated * z;
                    float g = a.Dh[(long)t * a.H + j] + (t + 1 < last ? a.Carry[(long)t * a.H + j] : 0);
                    float ds = g * (Before(a, t, first, j) - n), dn = g * (1 - s) * (1 - n * n);
                    da += ds * (slope.Fixed + slope.Gated * z);
                    a.Dp[at + a.H + j] = ds * share.Gated * z * (1 - z);
                    a.Dp[at + 2 * a.H + j] = dn;
                    if (a.ResetAfter != 0)
                        a.Dp[at + j] = dn * a.Saved[at + 3 * a.H + j] * r * (1 - r);
                    a.Dp[at + 3 * a.H + j] = a.ResetAfter != 0 ? dn * r : dn;
                    if (t > first)
                        a.Carry[(long)(t - 1) * a.H + j] = g * s;
                }
                a.Da.Write(t, da);
                if (a.ResetAfter == 0)
                    ThroughReset(a, t, first);
                for (int k = 0; k < a.H && t > first; k++)
                    a.Carry[(long)(t - 1) * a.H + k] += ToState(a, at, k, a.ResetAfter != 0 ? 3 : 2);
            }
        }
    }

    /// <summary>The gradient of r ∘ h if the reset is before the product: dp_r, and its part of dh.</summary>
    private static void ThroughReset(Args a, int t, int first)
    {
        long at = 4L * t * a.H;
        for (int k = 0; k < a.H; k++)
        {
            float d = 0, r = a.Saved[at + k];
            for (int j = 0; j < a.H; j++)
                d += a.U[(long)(2 * a.H + j) * a.H + k] * a.Dp[at + 2 * a.H + j];
            a.Dp[at + k] = d * Before(a, t, first, k) * r * (1 - r);
            if (t > first)
                a.Carry[(long)(t - 1) * a.H + k] += d * r;
        }
    }

    /// <summary>Column k of Uᵀ dp, over <paramref name="blocks"/> blocks: without the block of n if the reset is before the product. The third block of U is multiplied by the fourth of dp.</summary>
    private static float ToState(Args a, long at, int k, int blocks)
    {
        float sum = 0;
        for (int unit = 0; unit < blocks * a.H; unit++)
            sum += a.U[(long)unit * a.H + k] * a.Dp[at + unit + (unit < 2 * a.H ? 0 : a.H)];
        return sum;
    }

    /// <summary>One item = one value of dx.</summary>
    private static void InputsKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.T * a.I; i += GridLoop.Stride)
        {
            long t = i / a.I, column = i % a.I;
            float sum = 0;
            for (int unit = 0; unit < 3 * a.H; unit++)
                sum += a.W[unit * a.I + column] * a.Dp[4 * t * a.H + unit];
            a.Dx.Write(i, sum);
        }
    }

    /// <summary>One item = one element of dW, dU or of the gradient of a bias: columns 0 … I−1 are those of W, then the H of U, then the biases.</summary>
    private static void WeightsKernel(Args a)
    {
        int columns = a.I + a.H + 2;
        for (int i = Grid.GlobalLinearIndex; i < 3 * a.H * columns; i += GridLoop.Stride)
        {
            int unit = i / columns, column = i % columns, k = column - a.I;
            bool ofInput = column < a.I || column == a.I + a.H;
            // The hidden part of n has a separate gradient.
            int from = ofInput || unit < 2 * a.H ? unit : unit + a.H;
            float sum = 0;
            for (int b = 0; b < a.B; b++)
                for (int t = a.Offsets[b]; t < a.Offsets[b + 1]; t++)
                {
                    float value = k >= a.H ? 1
                        : column < a.I ? a.X[(long)t * a.I + column]
                        : a.ResetAfter == 0 && unit >= 2 * a.H ? a.Saved[(4L * t + 3) * a.H + k]
                        : Before(a, t, a.Offsets[b], k);
                    sum += a.Dp[4L * t * a.H + from] * value;
                }
            if (column < a.I)
                a.Dw[(long)unit * a.I + column] = sum;
            else if (k < a.H)
                a.Du[(long)unit * a.H + k] = sum;
            else if (k == a.H)
                a.Dbi[unit] = sum;
            else
                a.Dbh[unit] = sum;
        }
    }
}
