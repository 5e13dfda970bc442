using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Dense;

/// <summary>
/// Each block of rows is a task with its own sums of dW and db. Within a block, 96 rows at a time go through the whole op while
/// they are in cache. Backward of 96 rows: dy, with the deferred correction of a following Dice applied; da = dy W; Dice(x) in panels and A from one exponential; dW += dyᵀ Dice(x).
/// </summary>
public sealed unsafe partial class DiceLinear
{
    private const int MaxBlocks = PartialSums.MaxBlocks, ChunkRows = 96;

    private Tensor.GradientSink dx;
    private DiceRows dice = null!;
    private DeviceArray<float> forwardPanels = null!, backwardPanels = null!;
    private PartialSums partials = null!;
    private ColumnStatistics statistics = null!;
    private bool wide, measures, laidOut;
    private int rows, h, n, hWide;

    private OpVariant Simd(Workspace workspace)
    {
        dx = x.Consume();
        (h, n, wide) = (x.Columns, y.Columns, Vector512.IsHardwareAccelerated);
        hWide = Panel.Count(h) * Panel.Width;
        dice = new DiceRows(workspace, Tensors.Plan(workspace), MaxBlocks);
        forwardPanels = workspace.Array<float>($"{w.Name} panels", (long)Panel.Count(n) * h * Panel.Width);
        backwardPanels = workspace.TrainingArray<float>($"{w.Name} panels, transposed", (long)n * hWide);
        // dW of a block, in rows of whole panels, and db.
        partials = new PartialSums(workspace, $"d {w.Name}", n * hWide + n);
        y.Statistics = statistics = new ColumnStatistics(workspace, y);
        RowBlocks forward = RowBlocks.WithSums(device, 1, ForwardChunks), backward = RowBlocks.WithSums(device, 1, BackwardChunks);
        return new(
            (in Pass pass) =>
            {
                LayOut(pass);
                forward.Run(Chunks(rows = pass.RowsOf(x)));
            },
            (in Pass pass) =>
            {
                Panel.PackAll(backwardPanels.Pointer, Gemm.Matrix.RowMajor(w.Pointer, h), n, h);
                int blocks = backward.Run(Chunks(rows = pass.RowsOf(x)));
                dice.CombineSums(blocks);
                dice.Finish(dx.Target);
                CombineWeights(blocks);
            },
            (in Pass pass, Tensor stepFactor) => dice.Commit(stepFactor));
    }

    private static int Chunks(int rows) => (rows + ChunkRows - 1) / ChunkRows;

    private void LayOut(in Pass pass)
    {
        dice.Measure(pass);
        if (!(pass.Frozen && laidOut))
            Panel.PackAll(forwardPanels.Pointer, Gemm.Matrix.Transposed(w.Pointer, h), h, n);
        laidOut = true;
        statistics.Clear();
        measures = statistics.Wanted && pass.Training;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardChunks(int block, int firstChunk, int endChunk)
    {
        float* activations = ThreadScratch.Get((nuint)(ChunkRows * hWide));
        int last = Math.Min(rows, endChunk * ChunkRows);
        for (int first = firstChunk * ChunkRows; first < last; first += ChunkRows)
        {
            int count = Math.Min(ChunkRows, last - first);
            dice.Activate(first, count, activations, hWide);
            float* to = y.Pointer + (long)first * n;
            PrefetchSchedule ahead = default;
            ahead.Add(to + count * n, count * n);
            ahead.Spread(Panel.Count(n) * GemmTile.Tiles(count));
            for (int j = 0; j < n; j += Panel.Width)
                GemmTile.Rows(count, activations, hWide, 1, forwardPanels.Pointer + (nint)j * h, h, to + j, n, Math.Min(Panel.Width, n - j), b is null ? null : b.Pointer + j, 0, wide, &ahead);
            if (measures)
                statistics.Add(block, to, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardChunks(int block, int firstChunk, int endChunk)
    {
        float* da = ThreadScratch.Get((nuint)(ChunkRows * (2 * hWide + n))), panels = da + ChunkRows * hWide, corrected = panels + ChunkRows * hWide;
        float* dw = partials.Of(block);
        int start = firstChunk * ChunkRows, last = Math.Min(rows, endChunk * ChunkRows);
        new Span<float>(dw + n * hWide, n).Clear();
        for (int first = start; first < last; first += ChunkRows)
        {
            int count = Math.Min(ChunkRows, last - first);
            float* dy = y.Gradient!.Pointer + (long)first * n;
            if (statistics.Wanted)
            {
                statistics.Correct(first, count, dy, corrected, n, dw + n * hWide);
                dy = corrected;
            }
            else
                Sums.AddRows(dw + n * hWide, dy, count, n, n);
            PrefetchSchedule ahead = Ahead(first, count);
            for (int j = 0; j < h; j += Panel.Width)
                GemmTile.Rows(count, dy, n, 1, backwardPanels.Pointer + (nint)j * n, n, da + j, hWide, Math.Min(Panel.Width, h - j), null, 0, wide, &ahead);
            dice.Differentiate(block, first == start, first, count, da, hWide, panels, dx.Target is null ? null : dx.Target.Pointer, dx.Accumulates);
            for (int j = 0; j < h; j += Panel.Width)
                GemmTile.Rows(n, dy, 1, n, panels + (nint)j * count, count, dw + j, hWide, Math.Min(Panel.Width, h - j), first == start ? null : dw + j, hWide, wide, &ahead);
        }
    }

    /// <summary>Prefetches the data that the next rows read and write, except x, which <see cref="DiceRows"/> prefetches itself.</summary>
    private PrefetchSchedule Ahead(int first, int count)
    {
        PrefetchSchedule ahead = default;
        int next = first + count;
        if (dx.Target is { } target)
            ahead.Add(target.Pointer + (long)next * h, (long)count * h);
        if (statistics.Wanted)
            statistics.Announce(next, count, y.Gradient!.Pointer + (long)next * n, ref ahead);
        ahead.Spread(Panel.Count(h) * (GemmTile.Tiles(count) + GemmTile.Tiles(n)));
        return ahead;
    }

    /// <summary>dW and db from the blocks' partial sums, in order.</summary>
    private void CombineWeights(int blocks)
    {
        float* total = partials.Combine(blocks);
        for (int i = 0; i < n; i++)
            new Span<float>(total + i * hWide, h).CopyTo(new Span<float>(w.Gradient!.Pointer + (long)i * h, h));
        if (b is not null)
            new Span<float>(total + n * hWide, n).CopyTo(b.Gradient!.Span());
    }
}
