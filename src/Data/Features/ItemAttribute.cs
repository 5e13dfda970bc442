using GpuCtr.Models.Features;

namespace GpuCtr.Data.Features;

/// <summary>An attribute of items learned by the fit: their value in another column of the behaviour group, such as their category. It is used for items drawn as negatives.</summary>
/// <remarks>An item that occurs with several values has the one with the smallest row, which is the most frequent of them in training; then the OOV row; the null row only if it has no other value.</remarks>
/// <param name="Item">Index of the items' vocabulary.</param>
/// <param name="Attribute">Index of the attribute's vocabulary.</param>
/// <param name="Rows">(rows of the items' vocabulary) row of the attribute's vocabulary.</param>
internal sealed record ItemAttribute(int Item, int Attribute, int[] Rows)
{
    /// <summary>The history whose entries are the items: the history with the largest vocabulary, the first among equals. The other columns of its group are attributes.</summary>
    /// <param name="histories">Histories of one behaviour group.</param>
    /// <param name="rows">Rows of each vocabulary.</param>
    public static SequenceField ItemOf(IEnumerable<SequenceField> histories, Func<int, int> rows) => histories.MaxBy(h => rows(h.Vocabulary))!;

    /// <summary>The same for grown vocabularies. Items that do not occur in the new rows are not drawn, and have no attribute.</summary>
    /// <param name="fresh">The vocabularies of the new rows, to which this belongs.</param>
    /// <param name="grown">The grown ones.</param>
    public ItemAttribute GrownBy(IReadOnlyList<VocabularyTable> fresh, IReadOnlyList<VocabularyTable> grown)
    {
        int[] rows = new int[grown[Item].Rows];
        for (int row = 0; row < rows.Length; row++)
        {
            int before = grown[Item].RowIn(fresh[Item], row);
            rows[row] = row != grown[Item].OovRow && before == fresh[Item].OovRow ? VocabularyTable.NullRow : fresh[Attribute].RowIn(grown[Attribute], Rows[before]);
        }

        return this with { Rows = rows };
    }
}

/// <summary>Learns an <see cref="ItemAttribute"/>; safe for several threads; the result does not depend on the order of the rows.</summary>
internal sealed class ItemAttributeFit
{
    private readonly int[] ranks;
    private readonly int oov;

    /// <param name="item">Index of the items' vocabulary.</param>
    /// <param name="attribute">Index of the attribute's.</param>
    /// <param name="vocabularies">All vocabularies.</param>
    public ItemAttributeFit(int item, int attribute, IReadOnlyList<VocabularyTable> vocabularies)
    {
        (Item, Attribute, oov) = (item, attribute, vocabularies[attribute].OovRow);
        ranks = new int[vocabularies[item].Rows];
        Array.Fill(ranks, int.MaxValue);
    }

    /// <summary>Index of the items' vocabulary.</summary>
    public int Item { get; }

    /// <summary>Index of the attribute's vocabulary.</summary>
    public int Attribute { get; }

    /// <summary>An item was seen with a value.</summary>
    /// <param name="item">Its row.</param>
    /// <param name="attribute">Row of the value.</param>
    public void Saw(int item, int attribute)
    {
        int rank = attribute == VocabularyTable.NullRow ? oov + 1 : attribute, known = Volatile.Read(ref ranks[item]);
        while (rank < known && Interlocked.CompareExchange(ref ranks[item], rank, known) is var now && now != known)
            known = now;
    }

    /// <summary>What was learned.</summary>
    public ItemAttribute Learned() => new(Item, Attribute, [.. ranks.Select(rank => rank > oov ? VocabularyTable.NullRow : rank)]);
}
