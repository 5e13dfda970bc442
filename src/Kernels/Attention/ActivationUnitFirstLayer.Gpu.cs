using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Kernels.Tiles;
using ILGPU;

namespace GpuCtr.Kernels.Attention;

/// <summary>
/// On GPUs: keys are gathered once into k (T, E) and queries into q (B, E). The rest is matrix products, of which
/// one factor is computed on the fly. With u = [k, k ∘ q] (T, 2E) and V = [Wk − Wd, Wp] (H, 2E), neither of them stored:
///   c = q (Wq + Wd)ᵀ + β,  z = u Vᵀ + c;   P = dz V (T, 2E),  dk += P₁ + q ∘ P₂,  dq += Σ_t k ∘ P₂ + g (Wq + Wd);
///   dWq = gᵀ q,  [dWk, dWp] = dzᵀ u,  dWd = dWq − dWk.
/// 4·T·E·H operations forward and 8·T·E·H backward: twice as many as with one M per example, but products that fill a GPU for any history lengths.
/// </summary>
public sealed partial class ActivationUnitFirstLayer
{
    /// <summary>Further arguments of the tiled kernels: K (T, E) keys, Q (B, E) queries, P (T, 2E).</summary>
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

    private OpVariant Gpu(Workspace workspace)
    {
        int rows = checked((int)history.Vectors.Rows);
        ColumnSums<BetaTerms> betas = new(workspace, $"d {beta.Name}", rows, h);
        Tensor k = workspace.Tensor($"{z.Name} keys", history.MaxTokens, e, kind: history.PositionRows), q = workspace.Tensor($"{z.Name} queries", rows, e);
        Tensor p = workspace.TrainingTensor($"d {z.Name} by input", history.MaxTokens, 2 * e, history.PositionRows);
        TileProduct<ConstantTile> constants = new(device);
        TileProduct<ForwardTile> forward = new(device);
        TileProduct<InputTile> input = new(device);
        TileProduct<QueryWeightsTile> queryWeights = new(device);
        TileProduct<WeightsTile> weights = new(device);
        queryWeights.Plan(workspace, $"d {w.Name} of queries", OfQueryWeights(rows));
        weights.Plan(workspace, $"d {w.Name} of keys", OfWeights(history.MaxTokens));
        Kernel<Args> sums = new(device, SumsKernel);
        Kernel<TileArgs> gather = new(device, GatherKernel), queries = new(device, QueryKernel), inputs = new(device, InputsKernel);
        return new(
            (in Pass pass) =>
            {
                TileArgs a = new(Bind(pass), k.View, q.View, p.View);
                gather.Run((long)a.Op.T * e, a);
                queries.Run((long)a.Op.B * e, a);
                constants.Run(new(a), new(a.Op.B, h, e, ARunsAlongK: true, BRunsAlongK: true), a.K);
                forward.Run(new(a), new(a.Op.T, h, 2 * e, ARunsAlongK: true, BRunsAlongK: true), a.K);
            },
            (in Pass pass) =>
            {
                TileArgs a = new(Bind(pass), k.View, q.View, p.View);
                sums.Run((long)a.Op.B * h, a.Op);
                betas.Run(new(a.Op), a.Op.B);
                queryWeights.Run(new(a), OfQueryWeights(a.Op.B), a.K);
                weights.Run(new(a), OfWeights(a.Op.T), a.K);
                input.Run(new(a), new(a.Op.T, 2 * e, h, ARunsAlongK: true, BRunsAlongK: false), a.K);
                inputs.Run((long)a.Op.B * e, a);
            });
    }

    private TileSizes OfQueryWeights(int rows) => new(h, e, rows, ARunsAlongK: false, BRunsAlongK: false);

    private TileSizes OfWeights(int tokens) => new(h, 2 * e, tokens, ARunsAlongK: false, BRunsAlongK: false);

    private static void GatherKernel(TileArgs a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Op.T * a.E; i += GridLoop.Stride)
            a.K[i] = a.Op.History.Key((int)(i / a.E), (int)(i % a.E));
    }

    private static void QueryKernel(TileArgs a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Op.B * a.E; i += GridLoop.Stride)
            a.Q[i] = a.Op.History.Vectors[a.Op.History.Query((int)(i / a.E), (int)(i % a.E))];
    }

    /// <summary>One item = one element of a query, and that element of all keys of its row. The pooling after this layer has already written dk.</summary>
    private static void InputsKernel(TileArgs a)
    {
        int e = a.E;
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Op.B * e; i += GridLoop.Stride)
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
            a.Op.PutQuery(b, j, sum);
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

    /// <summary>dWk and dWp (H, 2E), and dWd from the previously computed dWq.</summary>
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
