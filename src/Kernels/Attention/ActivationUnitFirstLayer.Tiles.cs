using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Kernels.Tiles;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Attention;

/// <summary>
/// The tiled variant: keys are gathered once into k (T, E) and queries into q (B, E), and everything is a product of matrices of which
/// half is computed on the way. Where u = [k, k ∘ q] (T, 2E) and V = [Wk − Wd, Wp] (H, 2E), neither of them stored:
///   c = q (Wq + Wd)ᵀ + β,  z = u Vᵀ + c;   P = dz V (T, 2E),  dk += P₁ + q ∘ P₂,  dq += Σ_t k ∘ P₂ + g (Wq + Wd);
///   dWq = gᵀ q,  [dWk, dWp] = dzᵀ u,  dWd = dWq − dWk.
/// 4·T·E·H operations forward and 8·T·E·H backward, twice those of M a row at a time, for products that fill a GPU whatever the lengths are.
/// </summary>
public sealed partial class ActivationUnitFirstLayer
{
    private Tiled? tiled;

    /// <summary>What the tiled kernels see besides: K (T, E) keys, Q (B, E) queries, P (T, 2E).</summary>
    public readonly record struct TileArgs(Args Op, ArrayView<float> K, ArrayView<float> Q, ArrayView<float> P)
    {
        internal int E => Op.History.E;

        /// <summary>u[t, i], i &lt; 2E.</summary>
        internal float U(int t, int i) => i < E ? K[(long)t * E + i] : K[(long)t * E + i - E] * Q[(long)Op.History.Owners[t] * E + i - E];

        /// <summary>V[h, i], i &lt; 2E.</summary>
        internal float V(int h, int i)
        {
            int row = h * 4 * E;
            return i < E ? Op.W[row + E + i] - Op.W[row + 2 * E + i] : Op.W[row + 2 * E + i];
        }

        /// <summary>(Wq + Wd)[h, j].</summary>
        internal float QueryWeight(int h, int j) => Op.W[h * 4 * E + j] + Op.W[h * 4 * E + 2 * E + j];
    }

    private sealed class Tiled(Device device)
    {
        public readonly TileProduct<ConstantTile> Constant = new(device);
        public readonly TileProduct<ForwardTile> Forward = new(device);
        public readonly TileProduct<InputTile> Input = new(device);
        public readonly TileProduct<QueryWeightsTile> QueryWeights = new(device);
        public readonly TileProduct<WeightsTile> Weights = new(device);
        public Action<KernelConfig, TileArgs>? Gather, Queries, Inputs;
        public required ColumnSums<BetaTerms> Beta { get; init; }

        public required Tensor K { get; init; }

        public required Tensor Q { get; init; }

        public required Tensor P { get; init; }
    }

    private void PlanTiles(Workspace workspace)
    {
        int rows = checked((int)history.Vectors.Rows);
        tiled = new(device)
        {
            Beta = new(workspace, $"d {beta.Name}", rows, h),
            K = workspace.Tensor($"{z.Name} keys", history.MaxTokens, e, group: history.Group),
            Q = workspace.Tensor($"{z.Name} queries", rows, e),
            P = workspace.TrainingTensor($"d {z.Name} by input", history.MaxTokens, 2 * e, history.Group),
        };
        tiled.QueryWeights.Plan(workspace, $"d {w.Name} of queries", OfQueryWeights(rows));
        tiled.Weights.Plan(workspace, $"d {w.Name} of keys", OfWeights(history.MaxTokens));
    }

    private TileSizes OfQueryWeights(int rows) => new(h, e, rows, ARunsAlongK: false, BRunsAlongK: false);

    private TileSizes OfWeights(int tokens) => new(h, 2 * e, tokens, ARunsAlongK: false, BRunsAlongK: false);

    private void TileForward(in Args args)
    {
        TileArgs a = new(args, tiled!.K.View, tiled.Q.View, tiled.P.View);
        device.Load(ref tiled.Gather, GatherKernel)(device.Grid((long)args.T * e), a);
        device.Load(ref tiled.Queries, QueryKernel)(device.Grid((long)args.B * e), a);
        tiled.Constant.Run(new(a), new(args.B, h, e, ARunsAlongK: true, BRunsAlongK: true), a.K);
        tiled.Forward.Run(new(a), new(args.T, h, 2 * e, ARunsAlongK: true, BRunsAlongK: true), a.K);
    }

    private void TileBackward(in Args args)
    {
        TileArgs a = new(args, tiled!.K.View, tiled.Q.View, tiled.P.View);
        tiled.Beta.Run(new(args), args.B);
        tiled.QueryWeights.Run(new(a), OfQueryWeights(args.B), a.K);
        tiled.Weights.Run(new(a), OfWeights(args.T), a.K);
        tiled.Input.Run(new(a), new(args.T, 2 * e, h, ARunsAlongK: true, BRunsAlongK: false), a.K);
        device.Load(ref tiled.Inputs, InputsKernel)(device.Grid((long)args.B * e), a);
    }

    private static void GatherKernel(TileArgs a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Op.T * a.E; i += GridExtensions.Stride)
            a.K[i] = a.Op.History.Key((int)(i / a.E), (int)(i % a.E));
    }

    private static void QueryKernel(TileArgs a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Op.B * a.E; i += GridExtensions.Stride)
            a.Q[i] = a.Op.History.Vectors[a.Op.History.Query((int)(i / a.E), (int)(i % a.E))];
    }

    /// <summary>One item = one element of a query, and that element of all keys of its row. The pooling behind this layer has written dk already.</summary>
    private static void InputsKernel(TileArgs a)
    {
        int e = a.E;
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Op.B * e; i += GridExtensions.Stride)
        {
            int b = (int)(i / e), j = (int)(i % e);
            float q = a.Q[i], sum = 0;
            for (int t = a.Op.History.Offsets[b]; t < a.Op.History.Offsets[b + 1]; t++)
            {
                float through = a.P[(long)t * 2 * e + e + j];
                a.Op.History.RowGradients[a.Op.History.KeyGradient(t, j)] += a.P[(long)t * 2 * e + j] + q * through;
                sum += a.K[(long)t * e + j] * through;
            }
            for (int h = 0; h < a.Op.H; h++)
                sum += a.QueryWeight(h, j) * a.Op.RowSums[(long)b * a.Op.H + h];
            a.Op.History.Dvectors[a.Op.History.Query(b, j)] += sum;
        }
    }

    /// <summary>c (B, H).</summary>
    public readonly struct ConstantTile(TileArgs a) : ITileProduct
    {
        private readonly TileArgs a = a;

        /// <inheritdoc/>
        public float A(int i, int k) => a.Q[(long)i * a.E + k];

        /// <inheritdoc/>
        public float B(int k, int j) => a.QueryWeight(j, k);

        /// <inheritdoc/>
        public void Store(int i, int j, float sum) => a.Op.Constant[(long)i * a.Op.H + j] = sum + a.Op.Beta[j];
    }

    /// <summary>z (T, H).</summary>
    public readonly struct ForwardTile(TileArgs a) : ITileProduct
    {
        private readonly TileArgs a = a;

        /// <inheritdoc/>
        public float A(int i, int k) => a.U(i, k);

        /// <inheritdoc/>
        public float B(int k, int j) => a.V(j, k);

        /// <inheritdoc/>
        public void Store(int i, int j, float sum) => a.Op.Z[(long)i * a.Op.H + j] = sum + a.Op.Constant[(long)a.Op.History.Owners[i] * a.Op.H + j];
    }

    /// <summary>P (T, 2E).</summary>
    public readonly struct InputTile(TileArgs a) : ITileProduct
    {
        private readonly TileArgs a = a;

        /// <inheritdoc/>
        public float A(int i, int k) => a.Op.Dz[(long)i * a.Op.H + k];

        /// <inheritdoc/>
        public float B(int k, int j) => a.V(k, j);

        /// <inheritdoc/>
        public void Store(int i, int j, float sum) => a.P[(long)i * 2 * a.E + j] = sum;
    }

    /// <summary>dWq (H, E).</summary>
    public readonly struct QueryWeightsTile(TileArgs a) : ITileProduct
    {
        private readonly TileArgs a = a;

        /// <inheritdoc/>
        public float A(int i, int k) => a.Op.RowSums[(long)k * a.Op.H + i];

        /// <inheritdoc/>
        public float B(int k, int j) => a.Q[(long)k * a.E + j];

        /// <inheritdoc/>
        public void Store(int i, int j, float sum) => a.Op.Dw[i * 4 * a.E + j] = sum;
    }

    /// <summary>dWk and dWp (H, 2E), and dWd from dWq, which was computed before.</summary>
    public readonly struct WeightsTile(TileArgs a) : ITileProduct
    {
        private readonly TileArgs a = a;

        /// <inheritdoc/>
        public float A(int i, int k) => a.Op.Dz[(long)k * a.Op.H + i];

        /// <inheritdoc/>
        public float B(int k, int j) => a.U(k, j);

        /// <inheritdoc/>
        public void Store(int i, int j, float sum)
        {
            int row = i * 4 * a.E;
            if (j >= a.E)
            {
                a.Op.Dw[row + 2 * a.E + j] = sum;
                return;
            }
            a.Op.Dw[row + a.E + j] = sum;
            a.Op.Dw[row + 2 * a.E + j] = a.Op.Dw[row + j] - sum;
        }
    }

    /// <summary>dβ.</summary>
    public readonly struct BetaTerms(Args a) : IColumnTerms
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public Float4 Term(int row, int column) => new(a.RowSums[(long)row * a.H + column]);

        /// <inheritdoc/>
        public void Take(int column, Float4 sums) => a.Dbeta[column] = sums.X;
    }
}
