namespace GpuCtr.Kernels.Ranks;

/// <summary>The rows of a table dealt to ranks like cards: row r is row r / n of rank r mod n, so that frequent rows, which come first in a vocabulary, are on all of them.</summary>
/// <remarks>
/// Sorted by <see cref="Place"/>, rows that live on one rank are together, in ascending order. Consecutive rows of the table that one rank has are
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

    /// <summary>The first row on a rank that is <paramref name="row"/> of the table or behind it.</summary>
    public long FirstFrom(long row, int owner) => (row - owner + ranks - 1) / ranks;

    /// <summary>The rows of this rank that are in a range of the table.</summary>
    public Range Own(Range range) => (int)FirstFrom(range.Start.Value, rank)..(int)FirstFrom(range.End.Value, rank);

    /// <summary>The row of the table that is row <paramref name="own"/> of this rank; at or behind its end where a rank has fewer rows than room.</summary>
    public long RowOf(long own) => own * ranks + rank;
}
