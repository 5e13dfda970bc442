using Parquet;

namespace GpuCtr.Datagen;

/// <summary>Some consecutive rows of a table: drawn, labelled, then written as one row group.</summary>
public interface IRowBlock
{
    /// <summary>Label of each row, 0 or 1. (rows)</summary>
    ReadOnlySpan<int> Labels { get; }

    /// <summary>True probability of each row. (rows)</summary>
    ReadOnlySpan<double> Probabilities { get; }

    /// <summary>Score of each row by the simpler rule that <see cref="ISyntheticTable.Baseline"/> names. (rows)</summary>
    ReadOnlySpan<double> Baseline { get; }

    /// <summary>NDCG of the lists that begin in these rows; none if rows are not grouped into lists.</summary>
    ListTally Lists => default;

    /// <summary>Draws rows <paramref name="first"/> … first + count − 1 of the stream, the same ones at every call.</summary>
    void Fill(CounterStream stream, long first, int count);

    /// <summary>Writes the rows.</summary>
    Task WriteAsync(ParquetRowGroupWriter group, CancellationToken stop);
}
