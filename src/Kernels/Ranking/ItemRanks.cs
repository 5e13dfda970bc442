using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Ranking;

/// <summary>The rank of the item that is right among all items, 1 for the best.</summary>
/// <remarks>
/// rank_m = V − |{v: s_mv &lt; s_{m,target(m)}}|,   s_mv = ⟨h_m, e_v⟩ (+ b_v).
/// An item ranks after all others with an equal or higher score: if all scores are equal, it has the worst rank, and also if any score is NaN.
/// A correct item that is not among the V items has rank V + 1. Items that are left out have the score −∞. 2·M·V·D operations; h and e are read, M ranks written. The scores of a block of rows are written once and read once (<see cref="ItemScores"/>).
/// </remarks>
public sealed partial class ItemRanks : IDisposable
{
    private readonly Device device;
    private readonly ItemOutput output;
    private readonly DeviceArray<int> targets, ranks;
    private readonly ItemScores scores;
    private readonly ItemScores.Use use;

    /// <param name="workspace">Reserves a block of scores.</param>
    /// <param name="output">States and items.</param>
    /// <param name="targets">(M) rows of the table.</param>
    /// <param name="ranks">(M) the result.</param>
    /// <param name="own">Sequences whose items are left out, except the correct one; null: none.</param>
    /// <param name="blockScores">Scores of a block; 0: chosen for the device.</param>
    public ItemRanks(Workspace workspace, ItemOutput output, DeviceArray<int> targets, DeviceArray<int> ranks, BehaviourHistory? own = null, long blockScores = 0)
    {
        (device, this.output, this.targets, this.ranks) = (workspace.Device, output, targets, ranks);
        output.Check("item ranks");
        if (targets.Length < output.H.Rows || ranks.Length < output.H.Rows)
            throw new KernelException($"item ranks: {targets.Length} targets and {ranks.Length} ranks do not fit {output.H}");
        scores = output.Scores(workspace, own is null ? null : new(device, own, output.Rows, targets), blockScores);
        use = device.Select(() => OnDevice(new Kernel<Args>(device, RowKernel).Run), Simd, () => OnDevice(Groups(device)));
    }

    private delegate void Count(long rows, in Args args);

    /// <summary>Kernel arguments: a block of scores.</summary>
    public readonly record struct Args(ArrayView<float> Scores, ArrayView<int> Targets, ArrayView<int> Ranks, int Rows, int V, int FirstItem)
    {
        /// <summary>The item that is right in row <paramref name="r"/>; −1 if it cannot be named.</summary>
        internal int Right(int r)
        {
            int item = Targets[r] - FirstItem;
            return item >= 0 && item < V ? item : -1;
        }

        /// <summary>Writes the rank of an item that ranks before <paramref name="lower"/> others.</summary>
        internal void Write(int r, int right, int lower) => Ranks[r] = right < 0 ? V + 1 : V - lower;
    }

    /// <summary>Writes the ranks of the predictions of a pass.</summary>
    public void Run(in Pass pass) => scores.Run(pass, use);

    /// <summary>Minimum of bytes and operations.</summary>
    public Work Work(in Pass pass)
    {
        double m = pass.RowsOf(output.H), elements = (double)output.Rows.Count * output.H.Columns;
        return Kernels.Work.Floats(m * output.H.Columns + elements + 2 * m, 2 * m * elements);
    }

    /// <inheritdoc/>
    public void Dispose() => scores.Dispose();

    private ItemScores.Use OnDevice(Count kernel) => (_, first, count) =>
    {
        if (count > 0)
            kernel(count, new(scores.Scores.View, targets.View.SubView(first), ranks.View.SubView(first), count, output.Rows.Count, output.Rows.First));
    };

    /// <summary>One item = one row.</summary>
    private static void RowKernel(Args a)
    {
        for (int r = Grid.GlobalLinearIndex; r < a.Rows; r += GridLoop.Stride)
        {
            long first = (long)r * a.V;
            int right = a.Right(r), lower = 0;
            float score = a.Scores[first + Math.Max(0, right)];
            for (int v = 0; v < a.V; v++)
                lower += a.Scores[first + v] < score ? 1 : 0;
            a.Write(r, right, lower);
        }
    }
}
