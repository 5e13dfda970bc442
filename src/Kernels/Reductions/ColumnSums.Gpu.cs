using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Reductions;

/// <summary>
/// On GPUs a group sums a block of rows of a strip of columns: up to 64 bytes wide, which are two whole sectors, and as many rows side by side as there
/// are threads left; at most two launches. Blocks are as long as still leaves work for every multiprocessor, so that little is written and read
/// again: of 4096 rows and 400 columns 64 blocks, 0.4 MB beside 20 MB.
/// </summary>
public sealed partial class ColumnSums<TTerms>
{
    private Summation Gpu(Workspace workspace, string name, long mostRows)
    {
        Kernel<ColumnSums.GroupArgs<TTerms>> ofTerms = new(workspace.Device, ColumnSums.GroupKernel);
        Kernel<ColumnSums.GroupArgs<BlockSums<TTerms>>> ofSums = new(workspace.Device, ColumnSums.GroupKernel);
        DeviceArray<Float4> partials = workspace.Array<Float4>(name, ColumnSums.Cut.MostBlocksOf(mostRows, columns) * columns);
        return (in TTerms terms, int rows) =>
        {
            ColumnSums.Cut cut = ColumnSums.Cut.OfTerms(rows, columns);
            Launch(ofTerms, cut, new(terms, partials.View, rows, columns, cut.Blocks));
            if (cut.Blocks > 1)
                Launch(ofSums, ColumnSums.Cut.OfSums(cut.Blocks, columns), new(new(terms, partials.View, columns), partials.View, cut.Blocks, columns, 1));
        };
    }

    private static void Launch<T>(Kernel<ColumnSums.GroupArgs<T>> kernel, ColumnSums.Cut cut, in ColumnSums.Args<T> args) where T : struct, IColumnTerms =>
        kernel.Run(new KernelConfig(cut.Blocks * cut.Strips, Device.GroupThreads), new(args, cut));
}

public static partial class ColumnSums
{
    /// <summary>How groups share a matrix: each has a block of BlockRows rows of a strip of Width columns, a power of two.</summary>
    public readonly record struct Cut(int Width, int Strips, int BlockRows, int Blocks)
    {
        // 64 bytes of floats, and of sums by fours.
        private const int TermsWidth = 16, SumsWidth = 4;

        // Groups that fill the largest GPUs, rows of a thread beyond which blocks need not grow for these, and blocks that one group sums.
        private const int EnoughGroups = 1024, EnoughRows = 16, MostBlocks = 256;

        private int Height => Device.GroupThreads / Width;

        internal static Cut OfTerms(int rows, int columns)
        {
            Cut cut = Of(columns, TermsWidth);
            long enough = Math.Clamp((long)rows * cut.Strips / (cut.Height * EnoughGroups), 1, EnoughRows), least = Quotient(rows, cut.Height * MostBlocks);
            return cut.WithBlocks(rows, (int)Math.Max(enough, least) * cut.Height);
        }

        /// <summary>One block of all rows.</summary>
        internal static Cut OfSums(int rows, int columns) => Of(columns, SumsWidth).WithBlocks(rows, rows);

        internal static long MostBlocksOf(long rows, int columns) => Math.Min(MostBlocks, Quotient(rows, Of(columns, TermsWidth).Height)) is > 1 and long blocks ? blocks : 0;

        private static Cut Of(int columns, int mostWidth)
        {
            int width = 1;
            while (width < Math.Min(columns, mostWidth))
                width *= 2;
            return new(width, (int)Quotient(columns, width), 0, 0);
        }

        private Cut WithBlocks(int rows, int blockRows) => this with { BlockRows = blockRows, Blocks = (int)Math.Max(1, Quotient(rows, Math.Max(1, blockRows))) };

        private static long Quotient(long a, long b) => (a + b - 1) / b;
    }

    /// <summary>The same for groups.</summary>
    public readonly record struct GroupArgs<TTerms>(Args<TTerms> Sums, Cut Cut) where TTerms : struct, IColumnTerms;

    /// <summary>One group = one block of rows of one strip; four rows of a thread are in flight at a time.</summary>
    internal static void GroupKernel<TTerms>(GroupArgs<TTerms> g) where TTerms : struct, IColumnTerms
    {
        ArrayView<Float4> parts = SharedMemory.Allocate<Float4>(Device.GroupThreads);
        Args<TTerms> a = g.Sums;
        int thread = Group.IdxX, width = g.Cut.Width, height = Device.GroupThreads / width;
        int block = Grid.IdxX / g.Cut.Strips, strip = Grid.IdxX - block * g.Cut.Strips, column = strip * width + thread % width;
        int row = block * g.Cut.BlockRows + thread / width, end = column < a.Columns ? Math.Min(a.Rows, (block + 1) * g.Cut.BlockRows) : 0;
        Float4 sums = default;
        for (; row + 3 * height < end; row += 4 * height)
        {
            Float4 x0 = a.Terms.Term(row, column), x1 = a.Terms.Term(row + height, column);
            Float4 x2 = a.Terms.Term(row + 2 * height, column), x3 = a.Terms.Term(row + 3 * height, column);
            sums = sums.Add(x0).Add(x1).Add(x2).Add(x3);
        }
        for (; row < end; row += height)
            sums = sums.Add(a.Terms.Term(row, column));
        sums = GroupSum.Of(parts, sums, width);
        if (thread < width && column < a.Columns)
            a.Put(block, column, sums);
    }
}
