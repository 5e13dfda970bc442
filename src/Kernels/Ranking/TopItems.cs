using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Ranking;

/// <summary>The K items with the highest scores of every row, best first; of equal scores, the smaller item.</summary>
/// <remarks>
/// s_mv = ⟨h_m, e_v⟩ (+ b_v). An item with the score NaN or −∞ is skipped; if fewer than K are left, the remaining entries have item −1 and score −∞.
/// 2·M·V·D operations; h and e are read, M·K items and scores written. On CPUs, a row of scores is read once, and an item better than the K-th so far is inserted; on other devices,
/// each thread of a group keeps the best item of its share of the row, and searches its next one when that is taken: V + K·V / 64 reads (<see cref="ItemScores"/>).
/// </remarks>
public sealed partial class TopItems : IDisposable
{
    private readonly Device device;
    private readonly ItemOutput output;
    private readonly DeviceArray<int> items;
    private readonly Tensor values;
    private readonly ItemScores scores;
    private readonly ItemScores.Use use;

    /// <param name="workspace">Reserves a block of scores.</param>
    /// <param name="output">States and items.</param>
    /// <param name="items">(M · K) rows of the table.</param>
    /// <param name="values">(M, K) their scores.</param>
    /// <param name="own">Sequences whose items are left out; null: none.</param>
    /// <param name="blockScores">Scores of a block; 0: chosen for the device.</param>
    public TopItems(Workspace workspace, ItemOutput output, DeviceArray<int> items, Tensor values, BehaviourHistory? own = null, long blockScores = 0)
    {
        (device, this.output, this.items, this.values) = (workspace.Device, output, items, values);
        output.Check("top items");
        if (values.Rows < output.H.Rows || items.Length < values.Length || values.Columns < 1)
            throw new KernelException($"top items: {items.Length} items and scores {values} do not fit {output.H}");
        scores = output.Scores(workspace, own is null ? null : new(device, own, output.Rows, null), blockScores);
        use = device.Select(() => OnDevice(new Kernel<Args>(device, RowKernel).Run), Simd, () => OnDevice(Groups(device)));
    }

    private delegate void Selection(long rows, in Args args);

    /// <summary>Kernel arguments: a block of scores.</summary>
    public readonly record struct Args(ArrayView<float> Scores, ArrayView<int> Items, ArrayView<float> Values, int Rows, int V, int K, int FirstItem)
    {
        /// <summary>Writes place <paramref name="k"/> of row <paramref name="r"/>.</summary>
        internal void Write(int r, int k, Candidate best)
        {
            long at = (long)r * K + k;
            Items[at] = best.Item < 0 ? -1 : FirstItem + best.Item;
            Values[at] = best.Score;
        }
    }

    /// <summary>Writes the items of the predictions of a pass.</summary>
    public void Run(in Pass pass) => scores.Run(pass, use);

    /// <summary>Minimum of bytes and operations.</summary>
    public Work Work(in Pass pass)
    {
        double m = pass.RowsOf(output.H), elements = (double)output.Rows.Count * output.H.Columns;
        return Kernels.Work.Floats(m * output.H.Columns + elements + 2 * m * values.Columns, 2 * m * elements);
    }

    /// <inheritdoc/>
    public void Dispose() => scores.Dispose();

    private ItemScores.Use OnDevice(Selection kernel) => (_, first, count) =>
    {
        long at = (long)first * values.Columns;
        if (count > 0)
            kernel(count, new(scores.Scores.View, items.View.SubView(at), values.View.SubView(at), count, output.Rows.Count, values.Columns, output.Rows.First));
    };

    /// <summary>One item = one row, which is read once for each of the K.</summary>
    private static void RowKernel(Args a)
    {
        for (int r = Grid.GlobalLinearIndex; r < a.Rows; r += GridLoop.Stride)
        {
            ArrayView<float> row = a.Scores.SubView((long)r * a.V, a.V);
            Candidate best = Candidate.BeforeAll;
            for (int k = 0; k < a.K; k++)
            {
                best = Candidate.Next(row, 0, 1, a.V, best);
                a.Write(r, k, best);
            }
        }
    }
}
