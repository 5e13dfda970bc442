namespace GpuCtr.Kernels.Ranks;

/// <summary>The rows of a table distributed round-robin over ranks: row r is row r / n of rank r mod n, so that frequent rows, which come first in a vocabulary, are spread over all ranks.</summary>
/// <remarks>
/// Sorted by <see cref="Place"/>, the rows of one rank are contiguous, in ascending order. Successive rows of the table on one rank are
/// consecutive on it. Every rank has room for equally many rows.
/// </remarks>
/// <param name="rank">This rank.</param>
/// <param name="ranks">n.</param>
/// <param name="rows">ΣV.</param>
public sealed class RowShards(int rank, int ranks, long rows)
{
    /// <summary>ΣV.</summary>
    public long Rows { get; } = rows;

    /// <summary>Rows for which a rank has room: ⌈ΣV / n⌉.</summary>
    public long OwnRows { get; } = (rows + ranks - 1) / ranks;

    /// <summary>Rank · <see cref="OwnRows"/> + row there: a number below n · <see cref="OwnRows"/>.</summary>
    public int Place(int row) => (int)(row % ranks * OwnRows + row / ranks);

    /// <summary>The first row on a rank that is <paramref name="row"/> of the table or after it.</summary>
    public long FirstFrom(long row, int owner) => (row - owner + ranks - 1) / ranks;

    /// <summary>The rows of this rank that are in a range of the table.</summary>
    public Range Own(Range range) => (int)FirstFrom(range.Start.Value, rank)..(int)FirstFrom(range.End.Value, rank);

    /// <summary>The row of the table that is row <paramref name="own"/> of this rank; at or after the end of the table if a rank has fewer rows than room.</summary>
    public long RowOf(long own) => own * ranks + rank;
}
