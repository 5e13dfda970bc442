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

/// <summary>Column sums for GPUs: a thread sums 64 rows of a column, then 64 of these sums, until one is left.</summary>
/// <remarks>
/// Neighbouring threads have neighbouring columns. Blocks depend only on row numbers: the same bits every run on any device.
/// Reads the matrix once; writes and reads 16 bytes for every 64 elements; one launch per factor of 64 rows.
/// </remarks>
/// <typeparam name="TTerms">The terms.</typeparam>
public sealed class ColumnSums<TTerms> where TTerms : struct, IColumnTerms
{
    private readonly DeviceArray<Float4> partials;
    private readonly int columns;
    private readonly Kernel<ColumnSums.Args<TTerms>> ofTerms, ofSums;

    /// <param name="workspace">Reserves partial sums.</param>
    /// <param name="name">Name of the sums in the memory plan.</param>
    /// <param name="rows">Largest number of rows in a pass.</param>
    /// <param name="columns">Columns of the matrix.</param>
    public ColumnSums(Workspace workspace, string name, long rows, int columns)
    {
        this.columns = columns;
        (ofTerms, ofSums) = (new(workspace.Device, ColumnSums.TermsKernel), new(workspace.Device, ColumnSums.SumsKernel));
        long blocks = 0;
        for (long level = ColumnSums.Blocks(rows); level > 1; level = ColumnSums.Blocks(level))
            blocks += level;
        partials = workspace.Array<Float4>($"{name} partial sums", blocks * columns);
    }

    /// <summary>Sums the first <paramref name="rows"/> rows.</summary>
    public void Run(in TTerms terms, int rows)
    {
        if (columns == 0)
            return;
        long at = 0;
        int blocks = (int)ColumnSums.Blocks(rows);
        Launch(ofTerms, new(terms, partials.View, 0, 0, rows, columns, blocks));
        for (; blocks > 1; at += (long)rows * columns)
        {
            (rows, blocks) = (blocks, (int)ColumnSums.Blocks(blocks));
            Launch(ofSums, new(terms, partials.View, at, at + (long)rows * columns, rows, columns, blocks));
        }
    }

    private static void Launch(Kernel<ColumnSums.Args<TTerms>> kernel, in ColumnSums.Args<TTerms> args) => kernel.Run((long)args.Blocks * args.Columns, args);
}

/// <summary>The kernels of <see cref="ColumnSums{TTerms}"/>.</summary>
public static class ColumnSums
{
    private const int BlockRows = 64;

    /// <summary>Kernel arguments: sums are read from Partials[From …] (Rows, Columns) and written to Partials[To …] (Blocks, Columns).</summary>
    public readonly record struct Args<TTerms>(TTerms Terms, ArrayView<Float4> Partials, long From, long To, int Rows, int Columns, int Blocks)
        where TTerms : struct, IColumnTerms;

    internal static long Blocks(long rows) => Math.Max(1, (rows + BlockRows - 1) / BlockRows);

    /// <summary>One item = one column of 64 rows.</summary>
    internal static void TermsKernel<TTerms>(Args<TTerms> a) where TTerms : struct, IColumnTerms
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Blocks * a.Columns; i += GridLoop.Stride)
        {
            int block = (int)(i / a.Columns), column = (int)(i % a.Columns), last = Math.Min(a.Rows, (block + 1) * BlockRows);
            Float4 sums = default;
            for (int row = block * BlockRows; row < last; row++)
                sums = sums.Add(a.Terms.Term(row, column));
            Put(a, i, column, sums);
        }
    }

    /// <summary>One item = one column of 64 sums.</summary>
    internal static void SumsKernel<TTerms>(Args<TTerms> a) where TTerms : struct, IColumnTerms
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Blocks * a.Columns; i += GridLoop.Stride)
        {
            int block = (int)(i / a.Columns), column = (int)(i % a.Columns), last = Math.Min(a.Rows, (block + 1) * BlockRows);
            Float4 sums = default;
            for (int row = block * BlockRows; row < last; row++)
                sums = sums.Add(a.Partials[a.From + (long)row * a.Columns + column]);
            Put(a, i, column, sums);
        }
    }

    private static void Put<TTerms>(Args<TTerms> a, long i, int column, Float4 sums) where TTerms : struct, IColumnTerms
    {
        if (a.Blocks > 1)
            a.Partials[a.To + i] = sums;
        else
            a.Terms.Take(column, sums);
    }
}
