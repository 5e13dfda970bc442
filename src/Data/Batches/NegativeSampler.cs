using GpuCtr.Data.Features;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Models.Features;

namespace GpuCtr.Data.Batches;

/// <summary>
/// Draws the negatives of histories: for each entry an item that is not the entry, uniformly over the items of the training rows, with
/// its other columns as the fit learned them (<see cref="ItemAttribute"/>).
/// </summary>
/// <remarks>
/// A draw is a function of seed, epoch, row and position by Philox (Salmon et al., SC 2011): the same on every device, for any number of
/// threads and any batch size, and in a resumed run. The row is its number in the order of the epoch. Immutable; allocates nothing per batch.
/// </remarks>
public sealed class NegativeSampler
{
    private readonly ulong seed;
    private readonly Behaviours[] groups;

    /// <summary>A behaviour group.</summary>
    /// <param name="Group">Its number.</param>
    /// <param name="Item">Column of the items among the group's histories.</param>
    /// <param name="Items">The rows that are drawn.</param>
    /// <param name="Attributes">For every other column, its row for each item row; null for the item column itself.</param>
    private sealed record Behaviours(int Group, int Item, int[] Items, int[]?[] Attributes);

    /// <param name="encoder">The vocabularies, and the learned attributes of items.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <exception cref="GpuCtrException">Data: the training rows have fewer than two items.</exception>
    public NegativeSampler(FeatureEncoder encoder, ulong seed)
    {
        this.seed = seed;
        groups = [.. Enumerable.Range(0, encoder.Spec.GroupCount).Select(group => Of(encoder, group))];
    }

    /// <summary>Fills the negatives of a batch whose histories are filled.</summary>
    /// <param name="batch">A batch for training.</param>
    /// <param name="epoch">Number of the epoch.</param>
    /// <param name="firstRow">Number of its first row in the order of the epoch.</param>
    public void Draw(Batch batch, int epoch, long firstRow)
    {
        ulong key = RandomBits.Mix(seed) ^ RandomBits.Mix((ulong)epoch + 0x4E65_6761);
        foreach (Behaviours group in groups)
        {
            // Histories and negatives are in the same order (FeatureSpec.WithNegatives).
            BatchSequence clicks = Of(batch, SequenceRole.History, group.Group, group.Item), negatives = Of(batch, SequenceRole.Negative, group.Group, group.Item);
            for (int column = 0; column < group.Attributes.Length; column++)
                clicks.Offsets[..(batch.Rows + 1)].CopyTo(Of(batch, SequenceRole.Negative, group.Group, column).Offsets);
            for (int b = 0; b < batch.Rows; b++)
                DrawRow(clicks, negatives, b, group, firstRow + b, key);
            for (int column = 0; column < group.Attributes.Length; column++)
            {
                if (group.Attributes[column] is { } rows)
                    LookUp(negatives, rows, Of(batch, SequenceRole.Negative, group.Group, column), batch.Rows);
            }
        }
    }

    private static void DrawRow(BatchSequence clicks, BatchSequence negatives, int b, Behaviours group, long row, ulong key)
    {
        int first = clicks.Offsets[b];
        for (int t = first; t < clicks.Offsets[b + 1]; t++)
        {
            int click = clicks.IdAt(t), item = click;
            for (uint attempt = 0; item == click; attempt++)
            {
                Philox.Block bits = Philox.Generate((uint)(t - first), attempt, (uint)row, (uint)(row >> 32), (uint)key, (uint)(key >> 32));
                item = group.Items[(int)bits.Below(group.Items.Length)];
            }

            negatives.TableRows[t] = negatives.TableOffset + item;
        }
    }

    private static void LookUp(BatchSequence items, int[] rows, BatchSequence attributes, int batchRows)
    {
        for (int t = 0; t < items.Offsets[batchRows]; t++)
            attributes.TableRows[t] = attributes.TableOffset + rows[items.IdAt(t)];
    }

    private static BatchSequence Of(Batch batch, SequenceRole role, int group, int column)
    {
        foreach (BatchSequence s in batch.Sequences)
        {
            if (s.Field.Role == role && s.Field.Group == group && column-- == 0)
                return s;
        }

        throw new ArgumentException($"the batch has no {role} {column} of behaviour group {group}; create it from the spec of a model for training");
    }

    private static Behaviours Of(FeatureEncoder encoder, int group)
    {
        SequenceField[] histories = [.. encoder.Spec.Group(group)];
        SequenceField item = ItemAttribute.ItemOf(histories, v => encoder.Vocabularies[v].Rows);
        VocabularyTable items = encoder.Vocabularies[item.Vocabulary];
        int[] drawn = [.. Enumerable.Range(VocabularyTable.FirstValueRow, items.Rows - VocabularyTable.FirstValueRow - 1).Where(row => items.Counts[row] > 0)];
        if (drawn.Length < 2)
            throw GpuCtrException.DataError($"column '{item.Name}': negatives need at least two items and the training rows have {drawn.Length}; train without them: --auxiliary-loss 0");
        return new Behaviours(
            group, Array.IndexOf(histories, item), drawn,
            [.. histories.Select(h => h == item ? null : Attribute(encoder, item, h))]);
    }

    /// <summary>(rows of the items' vocabulary) the row of each item in another history's vocabulary; the item itself if both are histories of the same column.</summary>
    private static int[] Attribute(FeatureEncoder encoder, SequenceField item, SequenceField other) => other.Vocabulary == item.Vocabulary
        ? [.. Enumerable.Range(0, encoder.Vocabularies[item.Vocabulary].Rows)]
        : encoder.State.ItemAttributes!.First(a => a.Item == item.Vocabulary && a.Attribute == other.Vocabulary).Rows;
}
