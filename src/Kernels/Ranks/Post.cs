namespace GpuCtr.Kernels.Ranks;

/// <summary>A call of one rank, visible to the other threads.</summary>
/// <param name="size">Number of ranks.</param>
internal sealed unsafe class Post(int size)
{
    private readonly int[] counts = new int[size], expected = new int[size];
    private Collective collective;
    private int unit, root, used;
    private bool pieces;

    /// <summary>The data that this rank gives.</summary>
    public byte* Data { get; private set; }

    /// <summary>Elements: of the data, by rank, or by receiver.</summary>
    public ReadOnlySpan<int> Counts => counts.AsSpan(0, used);

    /// <summary>Elements that this rank expects, by sender, where pieces are exchanged.</summary>
    public ReadOnlySpan<int> Expected => expected;

    /// <summary>Writes a call over the one before.</summary>
    public void Write(Collective collective, byte* data, ReadOnlySpan<int> counts, ReadOnlySpan<int> expected, int unit, int root)
    {
        (this.collective, this.unit, this.root, pieces, used) = (collective, unit, root, expected.Length > 0, counts.Length);
        Data = data;
        counts.CopyTo(this.counts);
        expected.CopyTo(this.expected);
    }

    /// <summary>The piece for a rank.</summary>
    public byte* Piece(int receiver)
    {
        byte* at = Data;
        for (int r = 0; r < receiver; r++)
            at += (long)counts[r] * unit;
        return at;
    }

    /// <summary>Whether two ranks make the same call. Pieces for single ranks may differ.</summary>
    public bool Fits(Post other) =>
        (collective, unit, root, pieces) == (other.collective, other.unit, other.root, other.pieces) && (pieces || Counts.SequenceEqual(other.Counts));

    /// <inheritdoc/>
    public override string ToString() => $"{collective} of {string.Join(" + ", counts.Take(used))} elements of {unit} bytes{(collective == Collective.Broadcast ? $" from rank {root}" : "")}";
}
