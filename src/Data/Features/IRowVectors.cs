using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>A trained model that computes a vector for each row, which another model reads in addition to the columns: the personalized vector of PRM (Pei et al., RecSys 2019, section 3.2).</summary>
/// <remarks>Safe for many threads. It is saved with the features, so a checkpoint is self-contained.</remarks>
internal interface IRowVectors : IDisposable
{
    /// <summary>Name of the vector column.</summary>
    string Name { get; }

    /// <summary>Numbers of a vector.</summary>
    int Width { get; }

    /// <summary>Bytes that it takes in memory.</summary>
    long Bytes { get; }

    /// <summary>Checks that <paramref name="shards"/> have the columns that it reads.</summary>
    /// <exception cref="GpuCtrException">Data: a column is missing or of another kind.</exception>
    void Check(ShardSet shards);

    /// <summary>Computes the vectors of a row group.</summary>
    /// <param name="shards">The shards.</param>
    /// <param name="group">One of their row groups.</param>
    /// <param name="tolerant">Whether bad rows are left out; their vectors are not written.</param>
    /// <param name="to">(rows, <paramref name="stride"/>) numbers of the rows.</param>
    /// <param name="stride">Numbers of a row.</param>
    /// <param name="place">Where the vector begins in a row.</param>
    /// <exception cref="GpuCtrException">Data: broken pages, or bad numbers that are not tolerated.</exception>
    void Compute(ShardSet shards, RowGroupRef group, bool tolerant, Span<float> to, int stride, int place);

    /// <summary>Writes the model into a folder.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    void Save(string folder);
}
