using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Tiles;
using ILGPU;

namespace GpuCtr.Kernels.Recurrent;

/// <content>Backward through time of four rows in one launch, and then the products over all positions.</content>
public sealed partial class Gru
{
    private static void BackwardGroupKernel(GroupArgs g)
    {
        ArrayView<Float4> carry = SharedMemory.Allocate<Float4>(MostUnits), dr = SharedMemory.Allocate<Float4>(MostUnits);
        ArrayView<Float4> dz = SharedMemory.Allocate<Float4>(MostUnits), dn = SharedMemory.Allocate<Float4>(MostUnits);
        Args a = g.Op;
        int h = a.H;
        FourRows rows = FourRows.Of(g);
        for (int j = Group.IdxX; j < h; j += Group.DimX)
            carry[j] = default;
        Group.Barrier();
        for (int step = 0; step < g.Longest; step++)
        {
            int t = g.Longest - 1 - step;
            FourPlaces at = rows.At(t), last = rows.Before(t);
            for (int j = Group.IdxX; j < h && at.Any; j += Group.DimX)
            {
                Float4 r = at.Load(a.Saved, 4 * h, j), z = at.Load(a.Saved, 4 * h, h + j), n = at.Load(a.Saved, 4 * h, 2 * h + j), m = at.Load(a.Saved, 4 * h, 3 * h + j);
                Float4 gradient = at.Load(a.Dh, h, j).Add(carry[j]), s = at.Kept(a, z), minus = n.Times(-1);
                Float4 ds = gradient.Times(last.Load(a.Hs, h, j).Add(minus)), ofN = gradient.Times(Rest(s)).Times(Rest(n.Times(n)));
                Float4 ofZ = ds.Times(at.Gated(a)).Times(z).Times(Rest(z)), ofR = ofN.Times(m).Times(r).Times(Rest(r)), ofM = a.ResetAfter != 0 ? ofN.Times(r) : ofN;
                at.Store(a.Carry, h, j, gradient);
                at.Store(a.Dp, 4 * h, h + j, ofZ);
                at.Store(a.Dp, 4 * h, 2 * h + j, ofN);
                at.Store(a.Dp, 4 * h, 3 * h + j, ofM);
                if (a.ResetAfter != 0)
                    at.Store(a.Dp, 4 * h, j, ofR);
                carry[j] = gradient.Times(s);
                dr[j] = ofR;
                dz[j] = ofZ;
                dn[j] = ofM;
            }
            Group.Barrier();
            if (a.ResetAfter == 0)
            {
                for (int k = Group.IdxX; k < h && at.Any; k += Group.DimX)
                {
                    Float4 d = default, r = at.Load(a.Saved, 4 * h, k);
                    for (int j = 0; j < h; j++)
                        d = d.Add(a.U[(2 * h + j) * h + k], dn[j]);
                    Float4 ofR = d.Times(last.Load(a.Hs, h, k)).Times(r).Times(Rest(r));
                    at.Store(a.Dp, 4 * h, k, ofR);
                    dr[k] = ofR;
                    carry[k] = carry[k].Add(d.Times(r));
                }
                Group.Barrier();
            }
            for (int k = Group.IdxX; k < h && at.Any; k += Group.DimX)
            {
                Float4 sum = carry[k];
                for (int j = 0; j < h; j++)
                {
                    sum = sum.Add(a.U[j * h + k], dr[j]).Add(a.U[(h + j) * h + k], dz[j]);
                    if (a.ResetAfter != 0)
                        sum = sum.Add(a.U[(2 * h + j) * h + k], dn[j]);
                }
                carry[k] = sum;
            }
            Group.Barrier();
        }
    }

    /// <summary>1 − x.</summary>
    private static Float4 Rest(Float4 x) => new(1 - x.X, 1 - x.Y, 1 - x.Z, 1 - x.W);

    /// <summary>One item = da of a position; Carry holds dh' of all positions.</summary>
    private static void AttentionKernel(Args a)
    {
        KeptShare slope = KeptShare.Slope(a.Kind);
        for (int t = Grid.GlobalLinearIndex; t < a.T; t += GridLoop.Stride)
        {
            int first = a.Offsets[a.Owners[t]];
            long at = 4L * t * a.H;
            float da = 0;
            for (int j = 0; j < a.H; j++)
                da += a.Carry[(long)t * a.H + j] * (Before(a, t, first, j) - a.Saved[at + 2 * a.H + j]) * (slope.Fixed + slope.Gated * a.Saved[at + a.H + j]);
            a.Da.Write(t, da);
        }
    }

    /// <summary>dx (T, I) = dp W.</summary>
    public readonly struct InputTile(Args s) : ITileProduct
    {
        private readonly Args s = s;

        /// <inheritdoc/>
        public float A(int i, int k) => s.Dp[4L * i * s.H + k];

        /// <inheritdoc/>
        public float B(int k, int j) => s.W[(long)k * s.I + j];

        /// <inheritdoc/>
        public void Store(int i, int j, float sum) => s.Dx.Write((long)i * s.I + j, sum);
    }

    /// <summary>dW (3H, I) = dpᵀ x.</summary>
    public readonly struct InputWeightsTile(Args s) : ITileProduct
    {
        private readonly Args s = s;

        /// <inheritdoc/>
        public float A(int i, int k) => s.Dp[4L * k * s.H + i];

        /// <inheritdoc/>
        public float B(int k, int j) => s.X[(long)k * s.I + j];

        /// <inheritdoc/>
        public void Store(int i, int j, float sum) => s.Dw[(long)i * s.I + j] = sum;
    }

    /// <summary>Rows of dU = dpᵀ h from <paramref name="first"/> on: those of r and z, or those of n, which multiply r ∘ h if the reset is before the product.</summary>
    public readonly struct StateWeightsTile(Args s, int first) : ITileProduct
    {
        private readonly Args s = s;
        private readonly int first = first;

        /// <inheritdoc/>
        public float A(int i, int k) => s.Dp[4L * k * s.H + (first == 0 ? i : 3 * s.H + i)];

        /// <inheritdoc/>
        public float B(int k, int j) => first > 0 && s.ResetAfter == 0 ? s.Saved[(4L * k + 3) * s.H + j] : Before(s, k, s.Offsets[s.Owners[k]], j);

        /// <inheritdoc/>
        public void Store(int i, int j, float sum) => s.Du[(long)(first + i) * s.H + j] = sum;
    }

    /// <summary>Σ dp: the gradients of both biases.</summary>
    public readonly struct BiasTerms(Args a) : IColumnTerms
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public Float4 Term(int row, int column) => new(a.Dp[4L * row * a.H + column]);

        /// <inheritdoc/>
        public void Take(int column, Float4 sums)
        {
            if (column < 3 * a.H)
                a.Dbi[column] = sums.X;
            if (column < 2 * a.H)
                a.Dbh[column] = sums.X;
            else if (column >= 3 * a.H)
                a.Dbh[column - a.H] = sums.X;
        }
    }
}
