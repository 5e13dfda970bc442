using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Reductions;

/// <summary>The terms of column sums; the matrix may be computed along the way.</summary>
public interface IColumnTerms
{
    /// <summary>Terms of element (row, column) in up to four sums of its column. Called once per element, so it may also write results.</summary>
    Float4 Term(int row, int column);

    /// <summary>Receives the sums of a column; zeros if there are no rows.</summary>
    void Take(int column, Float4 sums);
}

/// <summary>Column sums by kernels: blocks of rows are summed first, then their sums, until one is left.</summary>
/// <remarks>
/// Reads the matrix once. The blocks, and with them the order of every sum, depend only on the sizes: the same bits every run.
/// Portable: a thread sums 64 rows of a column; one launch per factor of 64 rows. On GPUs see the other part of this class.
/// </remarks>
/// <typeparam name="TTerms">The terms.</typeparam>
public sealed partial class ColumnSums<TTerms> where TTerms : struct, IColumnTerms
{
    private readonly int columns;
    private readonly Summation run;

    private delegate void Summation(in TTerms terms, int rows);

    /// <param name="workspace">Reserves partial sums.</param>
    /// <param name="name">Name of the sums in the memory plan.</param>
    /// <param name="rows">Largest number of rows in a pass.</param>
    /// <param name="columns">Columns of the matrix.</param>
    public ColumnSums(Workspace workspace, string name, long rows, int columns)
    {
        this.columns = columns;
        Func<Summation> portable = () => Portable(workspace, $"{name} partial sums", rows);
        run = workspace.Device.Select(portable, portable, () => Gpu(workspace, $"{name} partial sums", rows));
    }

    /// <summary>Sums the first <paramref name="rows"/> rows.</summary>
    public void Run(in TTerms terms, int rows)
    {
        if (columns > 0)
            run(terms, rows);
    }

    private Summation Portable(Workspace workspace, string name, long mostRows)
    {
        Kernel<ColumnSums.Args<TTerms>> ofTerms = new(workspace.Device, ColumnSums.Kernel);
        Kernel<ColumnSums.Args<BlockSums<TTerms>>> ofSums = new(workspace.Device, ColumnSums.Kernel);
        long length = 0;
        for (long level = ColumnSums.Blocks(mostRows); level > 1; level = ColumnSums.Blocks(level))
            length += level;
        DeviceArray<Float4> partials = workspace.Array<Float4>(name, length * columns);
        return (in TTerms terms, int rows) =>
        {
            int blocks = (int)ColumnSums.Blocks(rows);
            ofTerms.Run((long)blocks * columns, new(terms, partials.View, rows, columns, blocks));
            for (long from = 0; blocks > 1; from += (long)rows * columns)
            {
                (rows, blocks) = (blocks, (int)ColumnSums.Blocks(blocks));
                ArrayView<Float4> to = blocks > 1 ? partials.View.SubView(from + (long)rows * columns) : partials.View;
                ofSums.Run((long)blocks * columns, new(new(terms, partials.View.SubView(from), columns), to, rows, columns, blocks));
            }
        };
    }
}

/// <summary>The sums of blocks of rows as terms of the next sums.</summary>
/// <param name="terms">Where the last sums go.</param>
/// <param name="sums">(blocks, columns).</param>
/// <param name="columns">Columns of the matrix.</param>
public readonly struct BlockSums<TTerms>(TTerms terms, ArrayView<Float4> sums, int columns) : IColumnTerms where TTerms : struct, IColumnTerms
{
    private readonly TTerms terms = terms;
    private readonly ArrayView<Float4> sums = sums;
    private readonly int columns = columns;

    /// <inheritdoc/>
    public Float4 Term(int row, int column) => sums[(long)row * columns + column];

    /// <inheritdoc/>
    public void Take(int column, Float4 total) => terms.Take(column, total);
}

/// <summary>The kernels of <see cref="ColumnSums{TTerms}"/>.</summary>
public static partial class ColumnSums
{
    private const int BlockRows = 64;

    /// <summary>Kernel arguments: the sums of (Rows, Columns) go to Partials (Blocks, Columns), or to the terms if there is one block.</summary>
    public readonly record struct Args<TTerms>(TTerms Terms, ArrayView<Float4> Partials, int Rows, int Columns, int Blocks) where TTerms : struct, IColumnTerms
    {
        internal void Put(int block, int column, Float4 sums)
        {
            if (Blocks > 1)
                Partials[(long)block * Columns + column] = sums;
            else
                Terms.Take(column, sums);
        }
    }

    internal static long Blocks(long rows) => Math.Max(1, (rows + BlockRows - 1) / BlockRows);

    /// <summary>One item = one column of 64 rows.</summary>
    internal static void Kernel<TTerms>(Args<TTerms> a) where TTerms : struct, IColumnTerms
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Blocks * a.Columns; i += GridLoop.Stride)
        {
            int block = (int)(i / a.Columns), column = (int)(i % a.Columns), last = Math.Min(a.Rows, (block + 1) * BlockRows);
            Float4 sums = default;
            for (int row = block * BlockRows; row < last; row++)
                sums = sums.Add(a.Terms.Term(row, column));
            a.Put(block, column, sums);
        }
    }
}
