using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Reductions;

/// <summary>Mean and biased variance of every column, for normalizing ops, in two passes for accuracy.</summary>
/// <remarks>x (R, H), statistics (2 or more, H): mean and variance of the rows of all ranks; outside of training, the running averages.</remarks>
public sealed class ColumnMoments
{
    private readonly Tensor x, statistics, runningMean, runningVariance;
    private readonly ColumnSums<Values> values;
    private readonly ColumnSums<Squares> squares;
    private readonly WholeBatch whole;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(
        ArrayView<float> X, ArrayView<float> Statistics, ArrayView<float> RunningMean, ArrayView<float> RunningVariance, int Rows, int Columns, int OfBatch);

    /// <param name="workspace">Reserves partial sums.</param>
    /// <param name="x">(R, H).</param>
    /// <param name="statistics">Receives the moments.</param>
    /// <param name="runningMean">(1, H).</param>
    /// <param name="runningVariance">(1, H).</param>
    public ColumnMoments(Workspace workspace, Tensor x, Tensor statistics, Tensor runningMean, Tensor runningVariance)
    {
        (this.x, this.statistics, this.runningMean, this.runningVariance) = (x, statistics, runningMean, runningVariance);
        values = new(workspace, $"{statistics.Name} mean", x.Rows, x.Columns);
        squares = new(workspace, $"{statistics.Name} variance", x.Rows, x.Columns);
        whole = new(workspace.Device, statistics);
    }

    /// <summary>Computes the moments of the first <paramref name="rows"/> rows, or copies the running averages.</summary>
    public void Run(int rows, bool ofBatch)
    {
        Args args = new(x.View, statistics.View, runningMean.View, runningVariance.View, rows, x.Columns, ofBatch ? 1 : 0);
        values.Run(new(args), ofBatch ? rows : 0);
        squares.Run(new(args), ofBatch ? rows : 0);
        if (ofBatch)
            whole.Moments(rows);
    }

    /// <summary>Σ x.</summary>
    public readonly struct Values(Args a) : IColumnTerms
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public Float4 Term(int row, int column) => new(a.X[(long)row * a.Columns + column]);

        /// <inheritdoc/>
        public void Take(int column, Float4 sums) => a.Statistics[column] = a.OfBatch != 0 ? sums.X / a.Rows : a.RunningMean[column];
    }

    /// <summary>Σ (x − mean)².</summary>
    public readonly struct Squares(Args a) : IColumnTerms
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public Float4 Term(int row, int column)
        {
            float d = a.X[(long)row * a.Columns + column] - a.Statistics[column];
            return new(d * d);
        }

        /// <inheritdoc/>
        public void Take(int column, Float4 sums) => a.Statistics[a.Columns + column] = a.OfBatch != 0 ? sums.X / a.Rows : a.RunningVariance[column];
    }
}
