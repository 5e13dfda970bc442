using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;

namespace GpuCtr.Data.Batches;

/// <summary>Shape of a row: numbers of categorical fields, numeric fields and lists, and whether rows have a group key.</summary>
internal readonly record struct BlockShape(int Fields, int Numbers, bool HasGroupKeys, int Sequences)
{
    /// <summary>Number of numeric columns, without indicators of missing values.</summary>
    public int NumericColumns { get; init; }

    /// <summary>Whether rows may have another weight than 1.</summary>
    public bool HasWeights { get; init; }

    /// <summary>Fields, numeric columns and lists.</summary>
    public int Columns => Fields + NumericColumns + Sequences;
}

/// <summary>One encoded row group, from which batches are gathered. Immutable once built. Arrays may be longer than needed.</summary>
public sealed class EncodedBlock
{
    internal EncodedBlock(RowGroupRef source, BlockShape shape, BudgetedArrayPool? pool = null)
    {
        Source = source;
        Shape = shape;
        TableRows = New<int>(pool, source.Rows * shape.Fields);
        Numeric = New<float>(pool, source.Rows * shape.Numbers);
        Labels = New<float>(pool, source.Rows);
        Weights = New<float>(pool, shape.HasWeights ? source.Rows : 0);
        GroupKeys = New<ulong>(pool, shape.HasGroupKeys ? source.Rows : 0);
        Sequences = new EncodedSequence[shape.Sequences];
        Oov = new long[shape.Fields + shape.Sequences];
        NewNulls = new long[shape.Columns];
    }

    /// <summary>The row group of the rows.</summary>
    public RowGroupRef Source { get; }

    /// <summary>Rows.</summary>
    public int Rows => Source.Rows;

    /// <summary>(rows, F) rows of the embedding table.</summary>
    public int[] TableRows { get; }

    /// <summary>(rows, N) transformed numbers.</summary>
    public float[] Numeric { get; }

    /// <summary>(rows) labels; 0 if the shard has none.</summary>
    public float[] Labels { get; }

    /// <summary>(rows) weights; empty if all are 1.</summary>
    public float[] Weights { get; }

    /// <summary>(rows) group keys; empty if there is no such column.</summary>
    public ulong[] GroupKeys { get; }

    /// <summary>The list columns in the order of the spec.</summary>
    public EncodedSequence[] Sequences { get; }

    /// <summary>Number of OOV values per categorical field, then per list.</summary>
    public long[] Oov { get; internal set; }

    /// <summary>Number of nulls if training had none: per categorical field, then per numeric column, then per list.</summary>
    public long[] NewNulls { get; internal set; }

    /// <summary>True for rows that are skipped because of a bad label or number; null if there are none.</summary>
    public bool[]? Bad { get; private set; }

    /// <summary>Faults of the bad rows, one entry per row (its first fault).</summary>
    internal List<BadRow> BadRows { get; } = [];

    /// <summary>Clamped numbers, one entry per column that has any.</summary>
    internal List<BoundedNumbers> Bounded { get; } = [];

    internal BlockShape Shape { get; }

    /// <summary>Whether this is a copy of the first rows of a block, which is kept.</summary>
    internal bool IsHead { get; private init; }

    /// <summary>A copy of the first rows, in its own memory.</summary>
    internal EncodedBlock Head(int rows)
    {
        EncodedBlock head = new(Source with { Rows = rows }, Shape) { IsHead = true, Bad = Bad?[..rows] };
        Array.Copy(TableRows, head.TableRows, rows * Shape.Fields);
        Array.Copy(Numeric, head.Numeric, rows * Shape.Numbers);
        Array.Copy(Labels, head.Labels, rows);
        Array.Copy(Weights, head.Weights, head.Weights.Length);
        Array.Copy(GroupKeys, head.GroupKeys, head.GroupKeys.Length);
        for (int s = 0; s < Sequences.Length; s++)
        {
            int count = Sequences[s].Offsets[rows];
            head.Sequences[s] = new EncodedSequence(Sequences[s].TableRows[..count], Sequences[s].Offsets[..(rows + 1)], count, 0, 0);
        }
        return head;
    }

    /// <summary>Whether a row of this block is not bad, and counts in a part.</summary>
    internal bool Counts(int row, RowPart part) => Bad?[row] != true && part.Counts(Source, row, Labels[row], Weights.Length > 0 ? Weights[row] : 1);

    /// <summary>Marks a row as skipped, unless it already is.</summary>
    internal void LeaveOut(BadRow row)
    {
        Bad ??= new bool[Rows];
        if (Bad[row.Row])
            return;
        Bad[row.Row] = true;
        BadRows.Add(row);
    }

    /// <summary>Returns the arrays to the pool; the block must not be used afterwards.</summary>
    internal void Return(BudgetedArrayPool pool)
    {
        pool.Return(TableRows);
        pool.Return(Numeric);
        pool.Return(Labels);
        pool.Return(Weights);
        pool.Return(GroupKeys);
        foreach (EncodedSequence sequence in Sequences)
        {
            pool.Return(sequence.TableRows);
            pool.Return(sequence.Offsets);
        }
    }

    internal static T[] New<T>(BudgetedArrayPool? pool, int length) => length == 0 ? [] : pool is null ? new T[length] : pool.Rent<T>(length);
}

/// <summary>A list column of a block: the entries of row r are TableRows[Offsets[r]] … TableRows[Offsets[r+1] − 1], oldest first.</summary>
/// <param name="TableRows">Rows of the embedding table: the last entries of each row, at most <see cref="SequenceColumn.Stored"/>.</param>
/// <param name="Offsets">(rows + 1) starts.</param>
/// <param name="Count">Entries.</param>
/// <param name="CutRows">Rows with more entries.</param>
/// <param name="CutValues">Entries of these rows that are left out.</param>
public sealed record EncodedSequence(int[] TableRows, int[] Offsets, int Count, long CutRows, long CutValues);

/// <summary>Clamped values of a column, far outside the range of training (<see cref="NumericColumn.MostDeviations"/>).</summary>
/// <param name="Column">Index of the numeric column.</param>
/// <param name="Count">How many.</param>
/// <param name="Row">Row of the first.</param>
/// <param name="Value">Its value.</param>
internal readonly record struct BoundedNumbers(int Column, long Count, int Row, double Value);

/// <summary>A row that was left out.</summary>
internal sealed record BadRow(int Row, string Reason);
