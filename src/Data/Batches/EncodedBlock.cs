using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Batches;

/// <summary>What a row consists of: numbers of categorical fields, numeric fields and lists, and whether rows have a key for gAUC.</summary>
internal readonly record struct BlockShape(int Fields, int Numbers, bool HasGaucKeys, int Sequences)
{
    /// <summary>Of these, numbers of columns.</summary>
    public int NumericColumns { get; init; }

    /// <summary>Fields, numeric columns and lists.</summary>
    public int Columns => Fields + NumericColumns + Sequences;
}

/// <summary>One row group, encoded: what batches are gathered from. Not changed after it is built. Arrays may be longer than they need to be.</summary>
public sealed class EncodedBlock
{
    internal EncodedBlock(RowGroupRef source, BlockShape shape, BudgetedArrayPool? pool = null)
    {
        Source = source;
        Shape = shape;
        TableRows = New<int>(pool, source.Rows * shape.Fields);
        Numeric = New<float>(pool, source.Rows * shape.Numbers);
        Labels = New<float>(pool, source.Rows);
        GaucKeys = New<ulong>(pool, shape.HasGaucKeys ? source.Rows : 0);
        Sequences = new EncodedSequence[shape.Sequences];
        Oov = new long[shape.Fields + shape.Sequences];
        NewNulls = new long[shape.Columns];
    }

    /// <summary>Where the rows come from.</summary>
    public RowGroupRef Source { get; }

    /// <summary>Rows.</summary>
    public int Rows => Source.Rows;

    /// <summary>(rows, F) rows of the embedding table.</summary>
    public int[] TableRows { get; }

    /// <summary>(rows, N) transformed numbers.</summary>
    public float[] Numeric { get; }

    /// <summary>(rows) labels; 0 where the shard has none.</summary>
    public float[] Labels { get; }

    /// <summary>(rows) whose gAUC a row counts in; empty if there is no such column.</summary>
    public ulong[] GaucKeys { get; }

    /// <summary>The list columns in the order of the spec.</summary>
    public EncodedSequence[] Sequences { get; }

    /// <summary>Values that are not in the vocabulary, per categorical field, then per sequence.</summary>
    public long[] Oov { get; internal set; }

    /// <summary>Nulls where training had none, per categorical field, then per numeric column, then per sequence.</summary>
    public long[] NewNulls { get; internal set; }

    /// <summary>True for rows that are left out because their label or a number is bad; null if there are none.</summary>
    public bool[]? Bad { get; private set; }

    /// <summary>What the bad rows suffer from, one entry per row (its first fault).</summary>
    internal List<BadRow> BadRows { get; } = [];

    /// <summary>Numbers that are as far out as they can be, one entry per column that has some.</summary>
    internal List<BoundedNumbers> Bounded { get; } = [];

    internal BlockShape Shape { get; }

    /// <summary>Leaves a row out, unless it already is.</summary>
    internal void LeaveOut(BadRow row)
    {
        Bad ??= new bool[Rows];
        if (Bad[row.Row])
            return;
        Bad[row.Row] = true;
        BadRows.Add(row);
    }

    /// <summary>Hands the arrays back; the block must not be used any more.</summary>
    internal void Return(BudgetedArrayPool pool)
    {
        pool.Return(TableRows);
        pool.Return(Numeric);
        pool.Return(Labels);
        pool.Return(GaucKeys);
        foreach (EncodedSequence sequence in Sequences)
        {
            pool.Return(sequence.TableRows);
            pool.Return(sequence.Offsets);
        }
    }

    internal static T[] New<T>(BudgetedArrayPool? pool, int length) => length == 0 ? [] : pool is null ? new T[length] : pool.Rent<T>(length);
}

/// <summary>A list column of a block: the entries of row r are TableRows[Offsets[r]] … TableRows[Offsets[r+1] − 1], oldest first.</summary>
/// <param name="TableRows">Rows of the embedding table, at most MaxLength per row, the most recent ones.</param>
/// <param name="Offsets">(rows + 1) starts.</param>
/// <param name="Count">Entries.</param>
/// <param name="CutRows">Rows that had more.</param>
/// <param name="CutValues">Entries left out in them.</param>
public sealed record EncodedSequence(int[] TableRows, int[] Offsets, int Count, long CutRows, long CutValues);

/// <summary>Values of a column so far from those of training that their numbers are bounded (<see cref="NumericColumn.MostDeviations"/>).</summary>
/// <param name="Column">Index of the numeric column.</param>
/// <param name="Count">How many.</param>
/// <param name="Row">The first one's row.</param>
/// <param name="Value">Its value.</param>
internal readonly record struct BoundedNumbers(int Column, long Count, int Row, double Value);

/// <summary>A row that was left out.</summary>
internal sealed record BadRow(int Row, string Reason);
