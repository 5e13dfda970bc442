using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Ranking;

/// <summary>The scores s_mv = ⟨h_m, e_v⟩ (+ b_v) of all items v, for block after block of rows m: the M × V scores are never stored as a whole.</summary>
/// <remarks>
/// 2·M·V·D operations; with R rows a block, e is read M / R times. The product is that of a dense layer, so that register tiles, tensor cores and libraries serve it;
/// the scores are then read from the caches of a CPU (4 MB), or from the memory of other devices (64 MB).
/// </remarks>
internal sealed class ItemScores : IDisposable
{
    private const long HostScores = 1 << 20, DeviceScores = 1 << 24;
    private const int RowsOfTiles = 64;

    private readonly MatMul product;
    private readonly Tensor h, items;
    private readonly Tensor? bias;
    private readonly LeaveOut? leaveOut;
    private readonly Tensor[] blocks;

    /// <param name="workspace">Reserves a block of scores.</param>
    /// <param name="h">(M, D) over predictions.</param>
    /// <param name="items">(V, D).</param>
    /// <param name="bias">(1, V) b, or null.</param>
    /// <param name="leaveOut">Items whose score becomes −∞, or null.</param>
    /// <param name="blockScores">Scores of a block; 0: chosen for the device.</param>
    public ItemScores(Workspace workspace, Tensor h, Tensor items, Tensor? bias, LeaveOut? leaveOut = null, long blockScores = 0)
    {
        (this.h, this.items, this.bias, this.leaveOut) = (h, items, bias, leaveOut);
        long most = Math.Min((blockScores > 0 ? blockScores : workspace.Device.UsesSimd ? HostScores : DeviceScores) / items.Rows, (h.Rows + RowsOfTiles - 1) / RowsOfTiles * RowsOfTiles);
        BlockRows = (int)Math.Max(1, most > RowsOfTiles ? most / RowsOfTiles * RowsOfTiles : most);
        Scores = workspace.Tensor("scores of a block", BlockRows, (int)items.Rows);
        blocks = [.. Enumerable.Range(0, (int)((h.Rows + BlockRows - 1) / BlockRows)).Select(i => Part(workspace, h, (long)i * BlockRows, Math.Min(BlockRows, h.Rows - (long)i * BlockRows)))];
        product = new(workspace.Device);
    }

    /// <summary>Processes the scores of a block of rows.</summary>
    /// <param name="h">(count, D) the rows, which share the storage of all.</param>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many there are.</param>
    public delegate void Use(Tensor h, int first, int count);

    /// <summary>Most rows of a block.</summary>
    public int BlockRows { get; }

    /// <summary>(BlockRows, V) scores of the current block.</summary>
    public Tensor Scores { get; }

    /// <summary>Iterates over the rows of a pass; <paramref name="use"/> is called at least once, with no rows if the pass has none.</summary>
    public void Run(in Pass pass, Use use)
    {
        int m = pass.RowsOf(h), v = Items(pass);
        for (int first = 0; first == 0 || first < m; first += BlockRows)
        {
            int count = Math.Min(BlockRows, m - first);
            Tensor block = blocks[first / BlockRows];
            product.Run(Scores, block, items, new(count, v, h.Columns, TransposeB: true, Frozen: pass.Frozen || first > 0), bias);
            leaveOut?.Run(Scores, first, count);
            use(block, first, count);
        }
    }

    /// <summary>V of a pass: candidates differ from batch to batch.</summary>
    public int Items(in Pass pass) => items.RowKind == RowKind.Candidate ? pass.RowsOf(items) : (int)items.Rows;

    /// <inheritdoc/>
    public void Dispose() => product.Dispose();

    /// <summary>Some rows of a tensor, and of its gradient if it has one, which share its storage.</summary>
    public static Tensor Part(Workspace workspace, Tensor whole, long first, long count)
    {
        Tensor part = new(whole.Name, count, whole.Columns, whole.RowKind) { Gradient = whole.Gradient is null ? null : new Tensor($"d {whole.Name}", count, whole.Columns) };
        workspace.OnAllocate(() =>
        {
            part.BindSlice(whole, first * whole.Columns, workspace.Device);
            part.Gradient?.BindSlice(whole.Gradient!, first * whole.Columns, workspace.Device);
        });
        return part;
    }
}
