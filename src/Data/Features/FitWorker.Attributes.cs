using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <content>Learns with which values of the other columns of a behaviour group an item occurs.</content>
internal sealed partial class FitWorker
{
    private int[] items = [], attributes = [], starts = [];

    /// <summary>Shows the targets and the histories of a row group to <paramref name="fits"/>.</summary>
    /// <param name="group">The row group.</param>
    /// <param name="fits">The attributes to learn.</param>
    /// <param name="vocabularies">All vocabularies.</param>
    public void LearnAttributes(RowGroupRef group, ItemAttributeFit[] fits, IReadOnlyList<VocabularyTable> vocabularies)
    {
        using ShardReader reader = shards.Shards[group.Shard].Rent();
        Start(reader, group, readTargets: mayNotCount);
        foreach (ItemAttributeFit fit in fits)
        {
            SequenceColumn item = layout.Sequences.First(s => s.Target >= 0 && s.Vocabulary == fit.Item), attribute = layout.Sequences.First(s => s.Target >= 0 && s.Vocabulary == fit.Attribute);
            int rows = TargetIds(reader, group, item, vocabularies, ref items);
            TargetIds(reader, group, attribute, vocabularies, ref attributes);
            for (int r = 0; r < rows; r++)
            {
                if (keep[r])
                    fit.Saw(items[r], attributes[r]);
            }

            EntryIds(reader, group, item, vocabularies, ref items);
            starts = column.Offsets.AsSpan(0, rows + 1).ToArray();
            EntryIds(reader, group, attribute, vocabularies, ref attributes);
            for (int r = 0; r < rows; r++)
            {
                // Rows whose histories differ in length are bad rows, which are reported or left out when they are encoded.
                int length = starts[r + 1] - starts[r], from = column.Offsets[r];
                for (int i = 0; keep[r] && length == column.Offsets[r + 1] - from && i < length; i++)
                    fit.Saw(items[starts[r] + i], attributes[from + i]);
            }
        }
    }

    private int TargetIds(ShardReader reader, RowGroupRef group, SequenceColumn history, IReadOnlyList<VocabularyTable> vocabularies, ref int[] ids)
    {
        CategoricalColumn target = layout.Categorical[history.Target];
        Load(reader, group, target.Request());
        Grow(ref ids, column.Rows);
        target.IdsOf(column, vocabularies[target.Vocabulary], ids.AsSpan(0, column.Rows));
        return column.Rows;
    }

    private void EntryIds(ShardReader reader, RowGroupRef group, SequenceColumn history, IReadOnlyList<VocabularyTable> vocabularies, ref int[] ids)
    {
        Load(reader, group, history.Request());
        VocabularyTable vocabulary = vocabularies[history.Vocabulary];
        if (history.Grammar() is { } grammar)
            Split(group, history.Column, grammar, vocabulary.Kind);
        Grow(ref ids, column.Count);
        for (int i = 0; i < column.Count; i++)
            ids[i] = SequenceColumn.IdOf(column, i, vocabulary);
    }

    private static void Grow(ref int[] ids, int length)
    {
        if (ids.Length < length)
            ids = new int[length];
    }
}
