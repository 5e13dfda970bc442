using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Interactions;

/// <summary>The weights of all pairs of fields of a row (POLY2): y[b] = Σ_p v[b, p] w[row[b, p]], v = x_i x_j for the pair (i, j).</summary>
/// <remarks>
/// dw at pair p of row b = dy[b] v[b, p]; the table's update sums them by row.
/// row, v (B, P)   w (ΣV, 1)   y (B, 1)   s (B, ⌈P / 32⌉) sums of 32 pairs.
/// Moves 12 bytes a pair forward, of which the 4 of w are read at random, where a GPU moves 32; 8 a pair backward. Every sum has a fixed order: the same bits every run.
/// Rows and values come from <see cref="FieldPairs"/> on the loader's threads, as table rows of fields do, and are copied during the previous step.
/// </remarks>
public sealed partial class PairWeights : IOp
{
    private const int BlockPairs = 32;

    private readonly Device device;
    private readonly FieldPairs pairs;
    private readonly DeviceArray<int> rows;
    private readonly Tensor values, x, weights, rowGradients, y;
    private readonly int firstGradient;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(
        ArrayView<int> PairRows, ArrayView<float> Values, ArrayView<float> Weights, ArrayView<float> RowGradients, ArrayView<float> S, ArrayView<float> Y, ArrayView<float> Dy,
        int Rows, int Pairs, int Blocks, int FirstGradient);

    /// <param name="workspace">Reserves s.</param>
    /// <param name="pairs">The pairs of a row.</param>
    /// <param name="rows">(B, P) table rows of all pairs.</param>
    /// <param name="values">(B, P) x_i x_j.</param>
    /// <param name="x">(B, N) the numbers that are in them.</param>
    /// <param name="weights">(ΣV, 1).</param>
    /// <param name="rowGradients">(P', 1) gradients of the lookups of a batch; in prediction there are none.</param>
    /// <param name="firstGradient">Where those of pairs begin.</param>
    /// <param name="y">(B, 1) output.</param>
    public PairWeights(Workspace workspace, FieldPairs pairs, DeviceArray<int> rows, Tensor values, Tensor x, Tensor weights, Tensor rowGradients, int firstGradient, Tensor y)
    {
        device = workspace.Device;
        long count = y.Rows * pairs.Count;
        // On several ranks, the table has only the rows that a batch reads.
        long tableRows = device.Ranks.Size > 1 ? 1 : (long)pairs.FirstRow + pairs.Buckets;
        if (x.Columns != pairs.Numbers || weights.Columns != 1 || weights.Rows < tableRows || rows.Length < count || values.Length < count
            || y.Columns != 1 || (rowGradients.Rows > 0 && rowGradients.Rows < firstGradient + count))
            throw new KernelException($"pair weights: {pairs.Count} pairs of {pairs.C} fields, v {values}, x {x}, w {weights}, dw {rowGradients}, y {y} do not fit on {device}");
        (this.pairs, this.rows, this.values, this.x, this.weights, this.rowGradients, this.firstGradient, this.y) = (pairs, rows, values, x, weights, rowGradients, firstGradient, y);
        variant = device.Select(() => Portable(workspace), Simd);
    }

    /// <summary>The pairs of a row.</summary>
    public FieldPairs Pairs => pairs;

    /// <summary>(B, P) table rows of all pairs.</summary>
    public DeviceArray<int> Rows => rows;

    /// <summary>v (B, P).</summary>
    public Tensor Values => values;

    /// <summary>w (ΣV, 1).</summary>
    public Tensor Weights => weights;

    /// <summary>y (B, 1).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"pair weights {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    private OpVariant Portable(Workspace workspace)
    {
        int blocks = (pairs.Count + BlockPairs - 1) / BlockPairs;
        Tensor sums = workspace.Tensor($"{y.Name} by block", y.Rows, blocks);
        Kernel<Args> forward = new(device, ForwardKernel), total = new(device, TotalKernel), backward = new(device, BackwardKernel);
        return new(
            (in Pass pass) =>
            {
                Args args = Bind(pass, sums);
                forward.Run((long)pass.Rows * blocks, args);
                total.Run(pass.Rows, args);
            },
            (in Pass pass) => backward.Run((long)pass.Rows * pairs.Count, Bind(pass, sums)));
    }

    private Args Bind(in Pass pass, Tensor sums) => new(
        rows.View, values.View, weights.View, rowGradients.View, sums.View, y.View, y.BoundGradient, pass.Rows, pairs.Count, sums.Columns, firstGradient);

    /// <summary>One item = 32 pairs of one row.</summary>
    private static void ForwardKernel(Args a)
    {
        for (long item = Grid.GlobalLinearIndex; item < (long)a.Rows * a.Blocks; item += GridLoop.Stride)
        {
            long row = item / a.Blocks;
            int first = (int)(item % a.Blocks) * BlockPairs, end = Math.Min(first + BlockPairs, a.Pairs);
            float sum = 0;
            for (int p = first; p < end; p++)
                sum += a.Values[row * a.Pairs + p] * a.Weights[a.PairRows[row * a.Pairs + p]];
            a.S[item] = sum;
        }
    }

    /// <summary>One item = one row.</summary>
    private static void TotalKernel(Args a)
    {
        for (long row = Grid.GlobalLinearIndex; row < a.Rows; row += GridLoop.Stride)
        {
            float sum = 0;
            for (int block = 0; block < a.Blocks; block++)
                sum += a.S[row * a.Blocks + block];
            a.Y[row] = sum;
        }
    }

    /// <summary>One item = one pair.</summary>
    private static void BackwardKernel(Args a)
    {
        for (long item = Grid.GlobalLinearIndex; item < (long)a.Rows * a.Pairs; item += GridLoop.Stride)
            a.RowGradients[a.FirstGradient + item] = a.Dy[item / a.Pairs] * a.Values[item];
    }
}
