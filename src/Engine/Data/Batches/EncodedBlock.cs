namespace GpuCtr.Engine.Data;

/// <summary>One row group, encoded: what batches are gathered from. Not changed after it is built.</summary>
public sealed class EncodedBlock
{
    internal EncodedBlock(RowGroupRef source, int fields, int numbers, bool grouped, int sequences)
    {
        Source = source;
        Ids = new int[source.Rows * fields];
        Numeric = new float[source.Rows * numbers];
        Labels = new float[source.Rows];
        Groups = grouped ? new ulong[source.Rows] : [];
        Sequences = new EncodedSequence[sequences];
        Unseen = new long[fields + sequences];
    }

    /// <summary>Where the rows come from.</summary>
    public RowGroupRef Source { get; }

    /// <summary>Rows.</summary>
    public int Rows => Source.Rows;

    /// <summary>(rows, F) vocabulary-local ids.</summary>
    public int[] Ids { get; }

    /// <summary>(rows, N) transformed numbers.</summary>
    public float[] Numeric { get; }

    /// <summary>(rows) labels; 0 where the shard has none.</summary>
    public float[] Labels { get; }

    /// <summary>(rows) group keys; empty if there is no group column.</summary>
    public ulong[] Groups { get; }

    /// <summary>The list columns in the order of the spec.</summary>
    public EncodedSequence[] Sequences { get; }

    /// <summary>Values not seen in training, per categorical field, then per sequence.</summary>
    public long[] Unseen { get; }

    /// <summary>True for rows that are left out because their label or a number is bad; null if there are none.</summary>
    public bool[]? Bad { get; internal set; }

    /// <summary>What the bad rows suffer from, one entry per row (its first fault).</summary>
    internal List<BadRow> BadRows { get; } = [];

    /// <summary>Bytes held.</summary>
    public long Bytes => 4L * Ids.Length + 4L * Numeric.Length + 4L * Labels.Length + 8L * Groups.Length + Sequences.Sum(s => 4L * (s.Values.Length + s.Offsets.Length));
}

/// <summary>A list column of a block: the ids of row r are Values[Offsets[r]] … Values[Offsets[r+1] − 1], oldest first.</summary>
/// <param name="Values">Vocabulary-local ids, at most MaxLength per row, the most recent ones.</param>
/// <param name="Offsets">(rows + 1) starts.</param>
/// <param name="CutRows">Rows that had more.</param>
/// <param name="CutValues">Ids left out in them.</param>
public sealed record EncodedSequence(int[] Values, int[] Offsets, long CutRows, long CutValues);

/// <summary>A row that was left out.</summary>
internal sealed record BadRow(int Row, string Reason);
