using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Recurrent;

/// <summary>The divisor of the sum of the auxiliary loss.</summary>
public enum PairAverages
{
    /// <summary>B, the rows of the batch: the paper's 1/N. Grows with the histories.</summary>
    Rows,

    /// <summary>The number of pairs of a position and the next one.</summary>
    Pairs,

    /// <summary>B (L − 1), L the longest history of the batch: the mean over a padded matrix of the authors' code.</summary>
    Padded,
}

/// <summary>The auxiliary loss of DIEN (Zhou et al., AAAI 2019, eq. 5): α / N Σ w_b (softplus(−z⁺_t) + softplus(z⁻_t)) over the positions t that are not the last of their history.</summary>
/// <remarks>
/// dz⁺ = −α w_b σ(−z⁺) / N,  dz⁻ = α w_b σ(z⁻) / N,  0 at last positions.  w_b is the weight of the row, 1 without weights.
/// With ε, softplus(−z⁺) is replaced by −log(σ(z⁺) + ε) (<see cref="ProbabilityFloor"/>): the authors' code also subtracts ε within log(1 − σ(z⁻) − ε), where float32 loses it.
/// N is B, the number of pairs (each counts as its weight), or B (L − 1), of the batch of all ranks; without pairs the loss is 0.
/// z (2T, 1) over pairs, or o (2T, 2) with z = o_0 − o_1, a softmax over "clicked" and "not clicked".
/// One pass each way. Positions are summed in a fixed order: the same bits every run.
/// </remarks>
public sealed unsafe partial class NextItemLoss : IOp
{
    private const int BlockRows = 64;

    private readonly Device device;
    private readonly BehaviourHistory history;
    private readonly Tensor z, loss;
    private readonly Tensor? weight;
    private readonly PairAverages average;
    private readonly float alpha;
    private readonly ProbabilityFloor floor;
    private readonly double[] counts = new double[2], countsOfRanks;
    private readonly Tensor.GradientSink dz;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(
        ArrayView<int> Offsets, ArrayView<int> Owners, ArrayView<float> Counts, ArrayView<float> Weights, ArrayView<float> Z, ArrayView<float> Loss, GradientView Dz,
        PairAverages Average, float Alpha, ProbabilityFloor Floor, int Weighted, int Outputs, int B, int T, int WholeRows, int Counted)
    {
        /// <summary>N.</summary>
        internal float Divisor => NextItemLoss.Divisor(Average, WholeRows, Counts[0], Counts[1]);
    }

    /// <param name="workspace">Reserves partial sums.</param>
    /// <param name="history">Which positions belong to which row.</param>
    /// <param name="z">(2T, 1) or (2T, 2).</param>
    /// <param name="loss">(1, 3): loss of the last batch without α, or this rank's part of it; Σ and N, summed since the host last cleared them, N on rank 0 alone.</param>
    /// <param name="average">What N is.</param>
    /// <param name="alpha">α.</param>
    /// <param name="weight">(B, 1) weights of the rows, 1 on average over an epoch; null: all are 1.</param>
    /// <param name="epsilon">ε.</param>
    public NextItemLoss(Workspace workspace, BehaviourHistory history, Tensor z, Tensor loss, PairAverages average, float alpha, Tensor? weight = null, float epsilon = 0)
    {
        (device, this.history, this.z, this.loss, this.average, this.alpha, this.weight, floor) = (workspace.Device, history, z, loss, average, alpha, weight, new(epsilon));
        if (z.Columns is < 1 or > 2 || z.RowKind != RowKind.HistoryPair(history.Group) || loss.Length != 3)
            throw new KernelException($"next item loss: z {z}, loss {loss} do not fit on {device}");
        dz = z.Consume();
        countsOfRanks = new double[2 * device.Ranks.Size];
        variant = device.Select(() => Portable(workspace), () => Simd(workspace));
    }

    /// <summary>z (2T, 1), or o (2T, 2).</summary>
    public Tensor Input => z;

    /// <summary>(1, 3): loss of the last batch without α; Σ and N, summed since the host last cleared them.</summary>
    public Tensor Loss => loss;

    /// <summary>α.</summary>
    public float Alpha => alpha;

    /// <inheritdoc/>
    public string Name => $"next item loss {z.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    private OpVariant Portable(Workspace workspace)
    {
        DeviceArray<float> counted = workspace.Array<float>($"{z.Name} counts", 2);
        ColumnSums<Terms> sums = new(workspace, $"{z.Name} loss", history.MaxTokens, 1);
        Kernel<Args> count = new(device, CountKernel), backward = new(device, BackwardKernel);
        Args Bind(in Pass pass) => new(
            history.Offsets.View, history.Owners.View, counted.View, (weight ?? z).View, z.View, loss.View, dz.View, average, alpha, floor, weight is null ? 0 : 1, z.Columns, pass.Rows, pass.RowsOf(z) / 2, pass.WholeRows, device.Ranks.Rank == 0 ? 1 : 0);
        return new(
            (in Pass pass) =>
            {
                Args args = Bind(pass);
                count.Run(1, args);
                if (device.Ranks.Size > 1)
                    CountAll(counted);
                sums.Run(new(args), args.T);
            },
            (in Pass pass) => backward.Run(pass.RowsOf(z) / 2, Bind(pass)));
    }

    private void CountAll(DeviceArray<float> counted)
    {
        device.Wait();
        Span<float> both = counted.Span();
        (both[0], both[1]) = CountAll(both[0], both[1]);
    }

    /// <summary>The pairs of all ranks and their longest history, from those of this one.</summary>
    private (float Pairs, float Longest) CountAll(float pairs, float longest)
    {
        (counts[0], counts[1]) = (pairs, longest);
        device.Ranks.AllGather<double>(counts, countsOfRanks);
        (double sum, double most) = (0, 0);
        for (int r = 0; r < countsOfRanks.Length; r += 2)
            (sum, most) = (sum + countsOfRanks[r], Math.Max(most, countsOfRanks[r + 1]));
        return ((float)sum, (float)most);
    }

    /// <summary>N; 0 without pairs.</summary>
    private static float Divisor(PairAverages average, int rows, float pairs, float longest) =>
        pairs == 0 ? 0 : average == PairAverages.Rows ? rows : average == PairAverages.Pairs ? pairs : rows * (longest - 1);

    /// <summary>z of row <paramref name="row"/>.</summary>
    private static float Logit(Args a, int row) => a.Outputs == 1 ? a.Z[row] : a.Z[2L * row] - a.Z[2L * row + 1];

    private static float WeightOf(Args a, int b) => a.Weighted != 0 ? a.Weights[b] : 1f;

    /// <summary>One thread: a batch has far fewer histories than positions.</summary>
    private static void CountKernel(Args a)
    {
        for (int i = Grid.GlobalLinearIndex; i < 1; i += GridLoop.Stride)
        {
            int pairs = 0, longest = 0;
            float weighted = 0;
            for (int b = 0; b < a.B; b++)
            {
                int length = a.Offsets[b + 1] - a.Offsets[b];
                pairs += Math.Max(0, length - 1);
                weighted += WeightOf(a, b) * Math.Max(0, length - 1);
                longest = Math.Max(longest, length);
            }
            (a.Counts[0], a.Counts[1]) = (a.Weighted != 0 ? weighted : pairs, longest);
        }
    }

    /// <summary>One item = one position.</summary>
    private static void BackwardKernel(Args a)
    {
        float n = a.Divisor;
        for (int t = Grid.GlobalLinearIndex; t < a.T; t += GridLoop.Stride)
        {
            bool counts = t + 1 < a.Offsets[a.Owners[t] + 1];
            float w = WeightOf(a, a.Owners[t]);
            for (int row = 2 * t; row < 2 * t + 2; row++)
            {
                float sign = row % 2 == 0 ? -1 : 1, z = Logit(a, row), taken = sign < 0 ? a.Floor.OfSlope(z) : 0;
                float d = counts ? w * (sign * a.Alpha / n * (Squash.Sigmoid(sign * z) - taken)) : 0;
                a.Dz.Write((long)row * a.Outputs, d);
                if (a.Outputs == 2)
                    a.Dz.Write(2L * row + 1, -d);
            }
        }
    }

    /// <summary>softplus(−z⁺) + softplus(z⁻) of a position.</summary>
    public readonly struct Terms(Args a) : IColumnTerms
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public Float4 Term(int row, int column) =>
            row + 1 < a.Offsets[a.Owners[row] + 1] ? new(WeightOf(a, a.Owners[row]) * OfPair(Logit(a, 2 * row), Logit(a, 2 * row + 1))) : default;

        /// <inheritdoc/>
        public void Take(int column, Float4 sums)
        {
            float n = a.Divisor;
            a.Loss[0] = n > 0 ? sums.X / n : 0;
            a.Loss[1] += sums.X;
            a.Loss[2] += a.Counted * n;
        }

        private float OfPair(float clicked, float not) => Squash.Softplus(-clicked) - a.Floor.OfLoss(clicked) + Squash.Softplus(not);
    }
}
