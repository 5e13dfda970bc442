using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Kernels.Tiles;
using ILGPU;

namespace GpuCtr.Kernels.Recurrent;

/// <content>
/// On GPUs a group takes four rows of about equal length through all positions in one launch, a thread a unit: the four states of a unit are one load from fast memory, and
/// serve three weights. W x is a product over all positions before it; dx, dW, dU and the biases are products and sums over all positions after it.
/// Weights are read through the first-level cache, which the group has to itself: in fast memory U of H 64 would take all of the 48 KB that a kernel may have.
/// Every group loops over the maximum number of positions of a history, because only such a count is provably the same for all threads of a barrier; after its longest row it does nothing.
/// All of it in fp32, with any --precision: rounding errors would accumulate from position to position.
/// </content>
public sealed partial class Gru
{
    /// <summary>Largest H of the kernels for groups, by fast memory; above it the portable ones run.</summary>
    private const int MostUnits = 256;

    /// <summary>Kernel arguments: rows by length, W x + b_i (T, 3H), Uᵀ (H, 3H), and the largest length of a history.</summary>
    public readonly record struct GroupArgs(Args Op, ArrayView<int> Order, ArrayView<float> Inputs, ArrayView<float> Ut, int Longest);

    private OpVariant Gpu(Workspace workspace)
    {
        int units = h.Columns, inputs = x.Columns, places = checked((int)h.Rows);
        if (units > MostUnits)
            return Portable(workspace);
        Func<Pass, Args> bind = Binding(workspace);
        DeviceArray<int> rowsByLength = workspace.Array<int>($"{h.Name} rows by length", history.Vectors.Rows);
        Tensor ofInput = workspace.Tensor($"{h.Name} of inputs", h.Rows, 3 * units, kind: h.RowKind), ut = workspace.Tensor($"{h.Name} transposed weights", units, 3 * units);
        Kernel<GroupArgs> rank = new(device, RankKernel), transpose = new(device, TransposeKernel), forward = new(device, ForwardGroupKernel), backward = new(device, BackwardGroupKernel);
        Kernel<Args> attention = new(device, AttentionKernel);
        TileProduct<ForwardTile> forwardTiles = new(device, Precision.Fp32);
        TileProduct<InputTile> inputTiles = new(device, Precision.Fp32);
        TileProduct<InputWeightsTile> inputWeights = new(device, Precision.Fp32);
        TileProduct<StateWeightsTile> stateWeights = new(device, Precision.Fp32);
        inputWeights.Plan(workspace, $"d {weights.Input.Name}", OfWeights(3 * units, inputs, places));
        stateWeights.Plan(workspace, $"d {weights.Hidden.Name}", OfWeights(2 * units, units, places));
        ColumnSums<BiasTerms> biases = new(workspace, $"d {h.Name} biases", places, 4 * units);
        GroupArgs Bind(in Pass pass) => new(bind(pass), rowsByLength.View, ofInput.View, ut.View, history.MaxLength);
        return new(
            (in Pass pass) =>
            {
                GroupArgs a = Bind(pass);
                rank.Run(a.Op.B, a);
                transpose.Run(3L * units * units, a);
                forwardTiles.Run(new(a), new(a.Op.T, 3 * units, inputs, ARunsAlongK: true, BRunsAlongK: true), a.Inputs);
                forward.Run(Groups(a.Op.B), a);
            },
            (in Pass pass) =>
            {
                GroupArgs a = Bind(pass);
                backward.Run(Groups(a.Op.B), a);
                if (kind != GruKind.Gru)
                    attention.Run(a.Op.T, a.Op);
                if (dx.Target is not null)
                    inputTiles.Run(new(a.Op), new(a.Op.T, inputs, 3 * units, ARunsAlongK: true, BRunsAlongK: false), a.Inputs);
                inputWeights.Run(new(a.Op), OfWeights(3 * units, inputs, a.Op.T), a.Inputs);
                stateWeights.Run(new(a.Op, 0), OfWeights(2 * units, units, a.Op.T), a.Inputs);
                stateWeights.Run(new(a.Op, 2 * units), OfWeights(units, units, a.Op.T), a.Inputs);
                biases.Run(new(a.Op), a.Op.T);
            });
    }

    private static KernelConfig Groups(int rows) => new((rows + 3) / 4, Device.GroupThreads);

    private static TileSizes OfWeights(int rows, int columns, int positions) => new(rows, columns, positions, ARunsAlongK: false, BRunsAlongK: false);

    /// <summary>Sorts each row after all longer ones, and after earlier rows of the same length.</summary>
    private static void RankKernel(GroupArgs a)
    {
        for (int b = Grid.GlobalLinearIndex; b < a.Op.B; b += GridLoop.Stride)
        {
            int length = a.Op.Offsets[b + 1] - a.Op.Offsets[b], rank = 0;
            for (int other = 0; other < a.Op.B; other++)
            {
                int its = a.Op.Offsets[other + 1] - a.Op.Offsets[other];
                rank += its > length || its == length && other < b ? 1 : 0;
            }
            a.Order[rank] = b;
        }
    }

    private static void TransposeKernel(GroupArgs a)
    {
        for (int i = Grid.GlobalLinearIndex; i < 3 * a.Op.H * a.Op.H; i += GridLoop.Stride)
            a.Ut[i] = a.Op.U[(long)(i % (3 * a.Op.H)) * a.Op.H + i / (3 * a.Op.H)];
    }

    private static void ForwardGroupKernel(GroupArgs g)
    {
        ArrayView<Float4> states = SharedMemory.Allocate<Float4>(2 * MostUnits), open = SharedMemory.Allocate<Float4>(MostUnits), reset = SharedMemory.Allocate<Float4>(MostUnits);
        Args a = g.Op;
        int h = a.H, width = 3 * h;
        FourRows rows = FourRows.Of(g);
        for (int j = Group.IdxX; j < h; j += Group.DimX)
            states[j] = default;
        Group.Barrier();
        for (int t = 0; t < g.Longest; t++)
        {
            int now = (t & 1) * MostUnits, next = MostUnits - now;
            FourPlaces at = rows.At(t);
            for (int j = Group.IdxX; j < h && at.Any; j += Group.DimX)
            {
                Float4 r = at.Load(g.Inputs, width, j).Add(Same(a.Bh[j])), z = at.Load(g.Inputs, width, h + j).Add(Same(a.Bh[h + j])), m = Same(a.Bh[2 * h + j]);
                for (int k = 0; k < h; k++)
                {
                    Float4 s = states[now + k];
                    int u = k * width + j;
                    r = r.Add(g.Ut[u], s);
                    z = z.Add(g.Ut[u + h], s);
                    if (a.ResetAfter != 0)
                        m = m.Add(g.Ut[u + 2 * h], s);
                }
                r = Sigmoid(r);
                z = Sigmoid(z);
                Float4 before = states[now + j], kept = a.ResetAfter != 0 ? m : r.Times(before);
                at.Store(a.Saved, 4 * h, j, r);
                at.Store(a.Saved, 4 * h, h + j, z);
                at.Store(a.Saved, 4 * h, 3 * h + j, kept);
                if (a.ResetAfter != 0)
                    states[next + j] = Advance(a, at, j, before, z, at.Load(g.Inputs, width, 2 * h + j).Add(r.Times(m)));
                else
                {
                    open[j] = z;
                    reset[j] = kept;
                }
            }
            Group.Barrier();
            if (a.ResetAfter == 0)
            {
                for (int j = Group.IdxX; j < h && at.Any; j += Group.DimX)
                {
                    Float4 n = at.Load(g.Inputs, width, 2 * h + j).Add(Same(a.Bh[2 * h + j]));
                    for (int k = 0; k < h; k++)
                        n = n.Add(g.Ut[k * width + 2 * h + j], reset[k]);
                    states[next + j] = Advance(a, at, j, states[now + j], open[j], n);
                }
                Group.Barrier();
            }
        }
    }

    /// <summary>W x + b_i (T, 3H).</summary>
    public readonly struct ForwardTile(GroupArgs g) : ITileProduct
    {
        private readonly GroupArgs g = g;

        /// <inheritdoc/>
        public float A(int i, int k) => g.Op.X[(long)i * g.Op.I + k];

        /// <inheritdoc/>
        public float B(int k, int j) => g.Op.W[(long)j * g.Op.I + k];

        /// <inheritdoc/>
        public void Store(int i, int j, float sum) => g.Inputs[(long)i * 3 * g.Op.H + j] = sum + g.Op.Bi[j];
    }

    /// <summary>Stores n = tanh(argument) and h' of unit j; returns h'.</summary>
    private static Float4 Advance(Args a, FourPlaces at, int j, Float4 before, Float4 z, Float4 argument)
    {
        Float4 n = new(Squash.Tanh(argument.X), Squash.Tanh(argument.Y), Squash.Tanh(argument.Z), Squash.Tanh(argument.W)), s = at.Kept(a, z);
        Float4 state = new(
            s.X * before.X + (1 - s.X) * n.X, s.Y * before.Y + (1 - s.Y) * n.Y, s.Z * before.Z + (1 - s.Z) * n.Z, s.W * before.W + (1 - s.W) * n.W);
        at.Store(a.Saved, 4 * a.H, 2 * a.H + j, n);
        at.Store(a.Hs, a.H, j, state);
        return state;
    }

    private static Float4 Same(float x) => new(x, x, x, x);

    private static Float4 Sigmoid(Float4 x) => new(Squash.Sigmoid(x.X), Squash.Sigmoid(x.Y), Squash.Sigmoid(x.Z), Squash.Sigmoid(x.W));

    /// <summary>The positions of four rows at one step; −1 where a row has none.</summary>
    private readonly record struct FourPlaces(int A, int B, int C, int D)
    {
        public bool Any => A >= 0 || B >= 0 || C >= 0 || D >= 0;

        public Float4 Load(ArrayView<float> from, int stride, int column) => new(One(from, A, stride, column), One(from, B, stride, column), One(from, C, stride, column), One(from, D, stride, column));

        public void Store(ArrayView<float> to, int stride, int column, Float4 value)
        {
            if (A >= 0)
                to[(long)A * stride + column] = value.X;
            if (B >= 0)
                to[(long)B * stride + column] = value.Y;
            if (C >= 0)
                to[(long)C * stride + column] = value.Z;
            if (D >= 0)
                to[(long)D * stride + column] = value.W;
        }

        /// <summary>The share of the old state.</summary>
        public Float4 Kept(Args a, Float4 z) => new(Kept(a, A, z.X), Kept(a, B, z.Y), Kept(a, C, z.Z), Kept(a, D, z.W));

        private static float Kept(Args a, int place, float z)
        {
            KeptShare share = KeptShare.Of(a.Kind, place < 0 ? 0 : AttentionAt(a, place));
            return share.Fixed + share.Gated * z;
        }

        /// <summary>The factor of z in it.</summary>
        public Float4 Gated(Args a) => new(Gated(a, A), Gated(a, B), Gated(a, C), Gated(a, D));

        private static float Gated(Args a, int place) => KeptShare.Of(a.Kind, place < 0 ? 0 : AttentionAt(a, place)).Gated;

        private static float One(ArrayView<float> from, int place, int stride, int column) => place < 0 ? 0 : from[(long)place * stride + column];
    }

    /// <summary>The first positions and lengths of the rows of a group.</summary>
    private readonly record struct FourRows(int A, int B, int C, int D, int LengthA, int LengthB, int LengthC, int LengthD)
    {
        public static FourRows Of(GroupArgs g) => new(First(g, 0), First(g, 1), First(g, 2), First(g, 3), Length(g, 0), Length(g, 1), Length(g, 2), Length(g, 3));

        public FourPlaces At(int t) => new(t < LengthA ? A + t : -1, t < LengthB ? B + t : -1, t < LengthC ? C + t : -1, t < LengthD ? D + t : -1);

        /// <summary>The positions before those at t; −1 where there is none.</summary>
        public FourPlaces Before(int t) => new(
            t > 0 && t < LengthA ? A + t - 1 : -1, t > 0 && t < LengthB ? B + t - 1 : -1, t > 0 && t < LengthC ? C + t - 1 : -1, t > 0 && t < LengthD ? D + t - 1 : -1);

        private static int Row(GroupArgs g, int i) => Grid.IdxX * 4 + i;

        private static int First(GroupArgs g, int i) => Row(g, i) < g.Op.B ? g.Op.Offsets[g.Order[Row(g, i)]] : 0;

        private static int Length(GroupArgs g, int i) => Row(g, i) < g.Op.B ? g.Op.Offsets[g.Order[Row(g, i)] + 1] - g.Op.Offsets[g.Order[Row(g, i)]] : 0;
    }
}
