using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Ranking;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Loss;

/// <summary>Mean cross entropy of a softmax over all items, whose weights are the rows of the items' own table, and its gradients.</summary>
/// <remarks>
/// l_mv = ⟨h_m, e_v⟩ (+ b_v) (+ c_v where v = target(m)),   loss = 1/M Σ_m log Σ_v e^{l_mv} − l_{m,target(m)};   g_mv = (softmax_v(l_m) − [v = target(m)]) / M,
/// dh_m = Σ_v g_mv e_v,   de_v = Σ_m g_mv h_m,   db_v = Σ_m g_mv.   0 without predictions.
/// h (M, D) one row per prediction   e (V, D) the rows of some ids of the table   b (V) or none   target (M) rows of the table.
/// The M × V logits are never stored: a block of rows is multiplied with all items, its probabilities stay until they are multiplied once more for dh and for de.
/// 6·M·V·D operations; computing the logits again for the gradients would be 8. With R rows a block, e and de are read and written M / R times.
/// Every sum has a fixed order: the same bits every run.
/// </remarks>
public sealed partial class SoftmaxCrossEntropy : ILoss, IDisposable
{
    private readonly Device device;
    private readonly Tensor h, items, loss;
    private readonly Tensor? bias, targetBias;
    private readonly DeviceArray<int> targets;
    private readonly OutputRows rows;
    private readonly long blockLogits;
    private readonly List<IDisposable> owned = [];
    private readonly PassWork run;

    /// <param name="workspace">Reserves a block of logits and partial sums.</param>
    /// <param name="h">(M, D) with gradient, over predictions.</param>
    /// <param name="table">(ΣV, D) with gradient, of which every output row is written.</param>
    /// <param name="rows">Which rows of the table are items that can be predicted.</param>
    /// <param name="bias">(1, V) b, or null.</param>
    /// <param name="targets">(M) rows of the table, all of them among <paramref name="rows"/>.</param>
    /// <param name="loss">(1, 3): mean loss of the last batch; sum over the predictions, and their number, since the host last cleared it.</param>
    /// <param name="blockLogits">Logits of a block of rows; 0: chosen for the caches of the device.</param>
    /// <param name="targetBias">(1, V) added to the logit of an item in the rows where it is the correct one, or null.</param>
    public SoftmaxCrossEntropy(Workspace workspace, Tensor h, Tensor table, OutputRows rows, Tensor? bias, DeviceArray<int> targets, Tensor loss, long blockLogits = 0, Tensor? targetBias = null)
    {
        (device, this.h, this.rows, this.bias, this.targets, this.loss, this.blockLogits, this.targetBias) = (workspace.Device, h, rows, bias, targets, loss, blockLogits, targetBias);
        if (table.Columns != h.Columns || bias is not null && (bias.Length != rows.Count || bias.Gradient is null) || rows.First < 0 || rows.Count < 1 || rows.First + rows.Count > table.Rows || targets.Length < h.Rows || h.Gradient is null)
            throw new KernelException($"softmax cross entropy: h {h}, items {rows.First} to {rows.First + rows.Count} of {table}, b {bias?.ToString() ?? "none"} and {targets.Length} targets do not fit on {device}");
        if (table.Gradient is null)
            throw new KernelException($"softmax cross entropy: every item gets a gradient in every step, so all of {table} must be updated: use --embedding-update dense, or --sampled-softmax");
        h.Consume();
        table.Consume();
        bias?.Consume();
        items = ItemScores.Part(workspace, table, rows.First, rows.Count);
        run = device.Select(() => Portable(workspace, new Kernel<Args>(device, RowKernel).Run), () => Simd(workspace), () => Portable(workspace, Groups()));
    }

    /// <summary>Rows of a table that are the items of a softmax.</summary>
    /// <param name="First">The first row.</param>
    /// <param name="Count">V.</param>
    public readonly record struct OutputRows(int First, int Count);

    private delegate void Softmax(long rows, in Args args);

    /// <summary>Kernel arguments: a block of rows, whose logits become the gradients g.</summary>
    public readonly record struct Args(ArrayView<float> Logits, ArrayView<int> Targets, ArrayView<float> Losses, ArrayView<float> TargetBias, int HasTargetBias, int Rows, int V, int FirstItem, int M)
    {
        /// <summary>A logit of a row whose target is <paramref name="target"/>.</summary>
        internal float Logit(long first, int item, int target) =>
            HasTargetBias != 0 && item == target ? Logits[first + item] + TargetBias[item] : Logits[first + item];

        /// <summary>g from a logit.</summary>
        internal float Gradient(float logit, LogSum sum, int item, int target)
        {
            float softmax = XMath.Exp(logit - sum.Highest) / sum.Sum;
            return (item == target ? softmax - 1 : softmax) / M;
        }

        /// <summary>log Σ e^l − l_target.</summary>
        internal static float Loss(LogSum sum, float target) => XMath.Log(sum.Sum) + (sum.Highest - target);
    }

    /// <inheritdoc/>
    public void Run(in Pass pass) => run(pass);

    /// <inheritdoc/>
    public Work Work(in Pass pass)
    {
        double m = pass.RowsOf(h), elements = (double)ItemsOf(pass) * h.Columns;
        return Kernels.Work.Floats(2 * m * h.Columns + 2 * elements, 6 * m * elements);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable memory in owned)
            memory.Dispose();
    }

    /// <summary>The products of a block of rows are those of a dense layer; between them every row is normalized.</summary>
    private PassWork Portable(Workspace workspace, Softmax softmax)
    {
        int most = rows.Count, v = most, d = h.Columns, m = 0;
        ItemScores scores = new(workspace, h, items, bias, blockScores: blockLogits);
        owned.Add(scores);
        Tensor logits = scores.Scores, losses = workspace.Tensor("losses of predictions", h.Rows, 1);
        MatMul ofItems = Product(), ofStates = Product();
        ofStates.Plan(workspace, $"d {h.Name}", new(scores.BlockRows, d, most));
        ColumnSums<BiasTerms>? biases = bias is null ? null : new(workspace, $"d {bias.Name}", scores.BlockRows, most);
        ColumnSums<LossTerms> mean = new(workspace, "loss", h.Rows, 1);
        ItemScores.Use gradients = (block, first, count) =>
        {
            softmax(count, new(logits.View, targets.View.SubView(first), losses.View.SubView(first), (targetBias ?? losses).View, targetBias is null ? 0 : 1, count, v, rows.First, m));
            biases?.Run(new(logits.View, bias!.Gradient!.View, v, first > 0 ? 1 : 0), count);
            ofItems.Run(items.Gradient!, logits, block, new(v, d, count, TransposeA: true, Accumulate: first > 0));
            ofStates.Run(block.Gradient!, logits, items, new(count, d, v));
        };
        return (in Pass pass) =>
        {
            (m, v) = (pass.RowsOf(h), scores.Items(pass));
            scores.Run(pass, gradients);
            mean.Run(new(losses.View, loss.View, m), m);
        };
    }

    /// <summary>V of a pass.</summary>
    private int ItemsOf(in Pass pass) => items.RowKind == RowKind.Candidate ? pass.RowsOf(items) : rows.Count;

    private MatMul Product()
    {
        MatMul product = new(device);
        owned.Add(product);
        return product;
    }

    /// <summary>One item = one row.</summary>
    private static void RowKernel(Args a)
    {
        for (int r = Grid.GlobalLinearIndex; r < a.Rows; r += GridLoop.Stride)
        {
            long first = (long)r * a.V;
            int target = a.Targets[r] - a.FirstItem;
            LogSum sum = LogSum.None;
            for (int v = 0; v < a.V; v++)
                sum = sum.With(a.Logit(first, v, target));
            a.Losses[r] = Args.Loss(sum, a.Logit(first, target, target));
            for (int v = 0; v < a.V; v++)
                a.Logits[first + v] = a.Gradient(a.Logit(first, v, target), sum, v, target);
        }
    }

    /// <summary>Σ g over the rows of a block, added to the sums of the previous blocks.</summary>
    public readonly struct BiasTerms(ArrayView<float> gradients, ArrayView<float> dBias, int v, int adds) : IColumnTerms
    {
        private readonly ArrayView<float> gradients = gradients, dBias = dBias;
        private readonly int v = v, adds = adds;

        /// <inheritdoc/>
        public Float4 Term(int row, int column) => new(column < v ? gradients[(long)row * v + column] : 0f);

        /// <inheritdoc/>
        public void Take(int column, Float4 sums) => dBias[column] = adds != 0 ? dBias[column] + sums.X : sums.X;
    }

    /// <summary>Σ loss.</summary>
    public readonly struct LossTerms(ArrayView<float> losses, ArrayView<float> loss, int m) : IColumnTerms
    {
        private readonly ArrayView<float> losses = losses, loss = loss;
        private readonly int m = m;

        /// <inheritdoc/>
        public Float4 Term(int row, int column) => new(losses[row]);

        /// <inheritdoc/>
        public void Take(int column, Float4 sums)
        {
            loss[0] = sums.X / Math.Max(1, m);
            loss[1] += sums.X;
            loss[2] += m;
        }
    }
}
