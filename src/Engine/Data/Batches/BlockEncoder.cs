using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace GpuCtr.Engine.Data;

/// <summary>Decodes and encodes row groups with buffers of its own: one per worker.</summary>
internal sealed class BlockEncoder(ShardSet shards, FeatureEncoder encoder, bool needLabel, bool tolerant)
{
    private readonly ColumnBuffer column = new();

    /// <summary>What a row of the shards consists of.</summary>
    public static BlockShape ShapeOf(ShardSet shards, FeatureEncoder encoder) => new(
        encoder.Spec.F, encoder.Spec.N,
        encoder.State.Group is { } group && shards.Column(group) is { IsList: false, Kind: ValueKind.Integer or ValueKind.Text },
        encoder.Spec.Sequences.Count);

    /// <exception cref="Failure">Data: broken pages; bad labels and numbers unless they are tolerated.</exception>
    public EncodedBlock Encode(RowGroupRef group, ArrayStock? stock = null)
    {
        FeatureState state = encoder.State;
        BlockShape shape = ShapeOf(shards, encoder);
        var block = new EncodedBlock(group, shape, stock);
        // What is null or absent is not written below.
        Array.Clear(block.Numeric);
        Array.Clear(block.Labels);
        Shard shard = shards.Shards[group.Shard];
        using ShardReader reader = shard.Rent();
        for (int f = 0; f < state.Categorical.Count; f++)
        {
            // The two parts of a time come one after the other from one column.
            if (f == 0 || state.Categorical[f].Column != state.Categorical[f - 1].Column)
                reader.Read(group.Group, state.Categorical[f].Column, column);
            EncodeIds(block, f, state.Categorical[f]);
        }

        int n = 0;
        foreach (NumericState numeric in state.Numeric)
        {
            reader.Read(group.Group, numeric.Column, column);
            EncodeNumeric(block, shard, n, numeric);
            n += numeric.Missing ? 2 : 1;
        }

        for (int s = 0; s < state.Sequences.Count; s++)
        {
            SequenceState list = state.Sequences[s];
            reader.Read(group.Group, list.Column, column);
            if (list.Separator is char separator)
                SeparatedText.Split(column, separator, encoder.Vocabularies[list.Vocabulary].Kind, shard, group, list.Column);
            block.Sequences[s] = EncodeLists(block, s, stock);
        }

        if (shards.Column(state.Label) is { IsList: false, Kind: ValueKind.Integer or ValueKind.Real })
        {
            reader.Read(group.Group, state.Label, column);
            EncodeLabels(block, shard);
        }

        if (shape.Grouped)
        {
            reader.Read(group.Group, state.Group!, column);
            EncodeGroups(block);
        }

        return block;
    }

    private void EncodeIds(EncodedBlock block, int field, CategoricalState state)
    {
        VocabularyTable table = encoder.Vocabularies[state.Vocabulary];
        int stride = encoder.Spec.F, unseen = table.UnseenRow;
        long unseenCount = 0;
        int[] ids = block.Ids;
        for (int r = 0, at = field; r < block.Rows; r++, at += stride)
        {
            int id = RowOf(table, state, r);
            ids[at] = id;
            unseenCount += id == unseen ? 1 : 0;
        }

        block.Unseen[field] = unseenCount;
    }

    private int RowOf(VocabularyTable table, CategoricalState state, int i)
    {
        if (column.IsNull(i))
            return VocabularyTable.NullRow;
        if (column.Kind == ValueKind.Text)
            return table.RowOf(column.Texts[i].Span);
        if (state.Rule == KeyRule.Value)
            return table.RowOf(column.Integers[i]);
        return Keys.TryOf(column, i, state.Rule, state.Boundaries, out long key) ? table.RowOf(key) : VocabularyTable.NullRow;
    }

    private void EncodeNumeric(EncodedBlock block, Shard shard, int at, NumericState state)
    {
        int stride = encoder.Spec.N;
        float[] numbers = block.Numeric;
        for (int r = 0; r < block.Rows; r++, at += stride)
        {
            if (column.IsNull(r))
            {
                if (state.Missing)
                    numbers[at + 1] = 1;
                continue;
            }

            double x = Numbers.At(column, r);
            float y = state.Encode(x);
            if (float.IsFinite(y))
                numbers[at] = y;
            else if (!tolerant)
                throw Numbers.NotFinite(shard, block.Source, state.Column, r, x);
            else
                block.LeaveOut(new BadRow(r, $"not finite in {state.Column}"));
        }
    }

    private EncodedSequence EncodeLists(EncodedBlock block, int s, ArrayStock? stock)
    {
        SequenceState state = encoder.State.Sequences[s];
        VocabularyTable table = encoder.Vocabularies[state.Vocabulary];
        int[] offsets = EncodedBlock.New<int>(stock, block.Rows + 1);
        offsets[0] = 0;
        long cutRows = 0, unseen = 0;
        for (int r = 0; r < block.Rows; r++)
        {
            int length = column.Offsets[r + 1] - column.Offsets[r];
            cutRows += length > state.MaxLength ? 1 : 0;
            offsets[r + 1] = offsets[r] + Math.Min(length, state.MaxLength);
        }

        int count = offsets[block.Rows];
        int[] values = EncodedBlock.New<int>(stock, count);
        for (int r = 0; r < block.Rows; r++)
        {
            int from = column.Offsets[r + 1] - (offsets[r + 1] - offsets[r]);
            for (int to = offsets[r]; to < offsets[r + 1]; to++, from++)
            {
                int id = column.IsNull(from) ? VocabularyTable.NullRow
                    : column.Kind == ValueKind.Text ? table.RowOf(column.Texts[from].Span) : table.RowOf(column.Integers[from]);
                values[to] = id;
                unseen += id == table.UnseenRow ? 1 : 0;
            }
        }

        block.Unseen[encoder.Spec.F + s] = unseen;
        return new EncodedSequence(values, offsets, count, cutRows, column.Count - count);
    }

    private void EncodeLabels(EncodedBlock block, Shard shard)
    {
        for (int r = 0; r < block.Rows; r++)
        {
            if (Labels.TryRead(column, r, out block.Labels[r]) || !needLabel)
                continue;
            if (!tolerant)
                throw Labels.Bad(shard, block.Source, encoder.Label, column, r);
            block.Labels[r] = 0;
            block.LeaveOut(new BadRow(r, "label not 0 or 1"));
        }
    }

    private void EncodeGroups(EncodedBlock block)
    {
        for (int r = 0; r < block.Rows; r++)
        {
            block.Groups[r] = column.IsNull(r) ? 0x9E37_79B9_7F4A_7C15UL
                : column.Kind == ValueKind.Integer ? unchecked((ulong)column.Integers[r])
                : XxHash3.HashToUInt64(MemoryMarshal.AsBytes(column.Texts[r].Span));
        }
    }
}
