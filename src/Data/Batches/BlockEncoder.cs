using System.Numerics;
using System.Runtime.InteropServices;
using GpuCtr.Data.Features;
using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Batches;

/// <summary>Decodes and encodes row groups. Each worker has one, with its own buffers.</summary>
internal sealed partial class BlockEncoder(ShardSet shards, FeatureEncoder encoder, bool needLabel, bool tolerant, bool training)
{
    private readonly IReadOnlyList<SequenceColumn> lists = encoder.State.Lists(training);
    private readonly ColumnBuffer column = new();
    private readonly HistoryLengths lengths = new((training && encoder.State.Negatives is not null ? encoder.Spec.WithNegatives() : encoder.Spec).Sequences, tolerant);
    private readonly TargetReader? targets = encoder.Label is { } label && encoder.Target.Takes(shards.Column(label)) ? new(label, needLabel ? encoder.Target : encoder.Target with { Weight = null }) : null;
    private int[] idStrip = [];
    private readonly int[] offsets = encoder.Spec.Offsets();
    private float[] numberStrip = [];

    /// <summary>Numbers of fields, numbers and lists of a row.</summary>
    public static BlockShape ShapeOf(ShardSet shards, FeatureEncoder encoder, bool needLabel, bool training) => new(
        encoder.Spec.F, encoder.Spec.N,
        GroupColumn(shards, encoder) is not null,
        encoder.State.Lists(training).Count)
    { NumericColumns = encoder.State.NumberColumns.Count(), HasWeights = needLabel && encoder.Target.HasWeights };

    /// <summary>The column that groups rows, if there is one and all shards have it.</summary>
    private static ColumnRequest? GroupColumn(ShardSet shards, FeatureEncoder encoder) => encoder.State.GroupKey is { } name ? GroupKey.Request(shards, name) : null;

    /// <exception cref="GpuCtrException">Data: broken pages; bad labels and numbers unless they are tolerated.</exception>
    public EncodedBlock Encode(RowGroupRef group, BudgetedArrayPool? pool = null)
    {
        FittedFeatures state = encoder.State;
        BlockShape shape = ShapeOf(shards, encoder, needLabel, training);
        var block = new EncodedBlock(group, shape, pool);
        // What is absent is not written below.
        Array.Clear(block.Labels);
        Shard shard = shards.Shards[group.Shard];
        using ShardReader reader = shard.Rent();
        var ids = new RowMajorWriter<int>(block.TableRows.AsSpan(0, block.Rows * shape.Fields), block.Rows, ref idStrip);
        for (int f = 0; f < state.Categorical.Count; f++)
        {
            // The two derived fields of a time are consecutive and come from one column.
            if (f == 0 || state.Categorical[f].Column != state.Categorical[f - 1].Column)
                Read(reader, block, state.Categorical[f].Request());
            if (state.Categorical[f].Rule is KeyRule.Criteo or KeyRule.Quantile)
                CheckNumbers(block, shard, state.Categorical[f].Column);
            Span<int> strip = ids.Next();
            VocabularyTable vocabulary = encoder.Vocabularies[state.Categorical[f].Vocabulary];
            state.Categorical[f].IdsOf(column, vocabulary, strip);
            block.Oov[f] = strip.Count(vocabulary.OovRow);
            block.NewNulls[f] = NewNulls(state.Categorical[f].Vocabulary, strip);
            AddOffset(strip, state.Categorical[f].Vocabulary);
        }

        ids.Flush();
        var numbers = new RowMajorWriter<float>(block.Numeric.AsSpan(0, block.Rows * shape.Numbers), block.Rows, ref numberStrip);
        for (int n = 0; n < state.Numeric.Count; n++)
        {
            Read(reader, block, state.Numeric[n].Request());
            EncodeNumeric(block, shard, n, numbers.Next(), state.Numeric[n].Missing ? numbers.Next() : []);
            if (column.HasNulls && !state.Numeric[n].Missing)
                block.NewNulls[shape.Fields + n] = column.Nulls.AsSpan(0, block.Rows).Count(true);
        }

        numbers.Flush();
        for (int v = 0; v < state.VectorColumns.Count; v++)
        {
            if (state.VectorColumns[v].Computed)
            {
                encoder.RowVectors!.Compute(shards, group, tolerant, block.Numeric.AsSpan(0, block.Rows * shape.Numbers), shape.Numbers, state.VectorPlace(v));
                continue;
            }

            Read(reader, block, state.VectorColumns[v].Request());
            block.NewNulls[shape.Fields + state.Numeric.Count + v] = EncodeVectors(block, shard, state.VectorColumns[v], state.VectorPlace(v));
        }

        for (int s = 0; s < lists.Count; s++)
        {
            SequenceColumn list = lists[s];
            Read(reader, block, list.Request());
            if (list.Grammar() is { } grammar)
                ListText.Split(column, grammar, encoder.Vocabularies[list.Vocabulary].Kind, (row, fault) => LeaveOut(block, shard, list.Column, row, fault, grammar));
            lengths.Check(block, shard, s, column);
            block.Sequences[s] = EncodeLists(block, s, pool);
            block.NewNulls[shape.Fields + shape.NumericColumns + s] = NewNulls(list.Vocabulary, block.Sequences[s].TableRows.AsSpan(0, block.Sequences[s].Count));
            AddOffset(block.Sequences[s].TableRows.AsSpan(0, block.Sequences[s].Count), list.Vocabulary);
        }

        if (targets is not null)
            EncodeTargets(block, shard, reader);

        if (GroupColumn(shards, encoder) is { } keys)
        {
            Read(reader, block, keys);
            EncodeGroupKeys(block);
        }

        return block;
    }

    private void Read(ShardReader reader, EncodedBlock block, ColumnRequest request)
    {
        reader.Read(block.Source.Group, request, column);
        if (column.Misfits.Count > 0 && !tolerant)
            throw request.Misfit(shards.Shards[block.Source.Shard], block.Source, column);
        foreach (int row in column.Misfits)
            block.LeaveOut(new BadRow(row, $"not {request.Describe()} in {request.Name}"));
    }

    private void LeaveOut(EncodedBlock block, Shard shard, string name, int row, string fault, ListGrammar grammar)
    {
        if (!tolerant)
            throw ListText.Broken(shard, block.Source, name, row, fault, grammar);
        block.LeaveOut(new BadRow(row, $"no list in {name}"));
    }

    /// <summary>Number of nulls if training had none in this vocabulary, else 0.</summary>
    private long NewNulls(int vocabulary, Span<int> ids) => encoder.Vocabularies[vocabulary].Counts[VocabularyTable.NullRow] > 0 ? 0 : ids.Count(VocabularyTable.NullRow);

    /// <summary>Turns ids of a vocabulary into rows of the embedding table.</summary>
    private void AddOffset(Span<int> ids, int vocabulary)
    {
        int offset = offsets[vocabulary];
        Span<Vector<int>> whole = MemoryMarshal.Cast<int, Vector<int>>(ids);
        foreach (ref Vector<int> some in whole)
            some += new Vector<int>(offset);
        foreach (ref int id in ids[(whole.Length * Vector<int>.Count)..])
            id += offset;
    }

    /// <summary>Null and bad numbers become 0, with missing = 1 if there is an indicator.</summary>
    private void EncodeNumeric(EncodedBlock block, Shard shard, int n, Span<float> numbers, Span<float> missing)
    {
        NumericColumn state = encoder.State.Numeric[n];
        BoundedNumbers bounded = default;
        numbers.Clear();
        missing.Clear();
        for (int r = 0; r < numbers.Length; r++)
        {
            if (column.IsNull(r))
            {
                if (state.Missing)
                    missing[r] = 1;
                continue;
            }

            double x = column.NumberAt(r);
            if (!NumericTransforms.CanRead(x, state.Transform))
            {
                Refuse(block, shard, state.Column, r);
                continue;
            }

            numbers[r] = state.Encode(x);
            if (state.IsBound(numbers[r]))
                bounded = bounded.Count == 0 ? new BoundedNumbers(n, 1, r, x) : bounded with { Count = bounded.Count + 1 };
        }

        if (bounded.Count > 0)
            block.Bounded.Add(bounded);
    }

    /// <summary>Checks that numbers to be bucketed are finite.</summary>
    private void CheckNumbers(EncodedBlock block, Shard shard, string name)
    {
        for (int r = 0; r < block.Rows; r++)
        {
            if (!column.IsNull(r) && !double.IsFinite(column.NumberAt(r)))
                Refuse(block, shard, name, r);
        }
    }

    private void Refuse(EncodedBlock block, Shard shard, string name, int r)
    {
        double x = column.NumberAt(r);
        if (!tolerant)
            throw NumericTransforms.Bad(shard, block.Source, name, r, x);
        block.LeaveOut(new BadRow(r, $"{(double.IsFinite(x) ? "too large" : "not finite")} in {name}"));
    }

    private EncodedSequence EncodeLists(EncodedBlock block, int s, BudgetedArrayPool? pool)
    {
        SequenceColumn state = lists[s];
        VocabularyTable table = encoder.Vocabularies[state.Vocabulary];
        int[] offsets = EncodedBlock.New<int>(pool, block.Rows + 1);
        offsets[0] = 0;
        long cutRows = 0, oov = 0;
        for (int r = 0; r < block.Rows; r++)
        {
            int length = column.Offsets[r + 1] - column.Offsets[r];
            cutRows += length > state.Stored ? 1 : 0;
            offsets[r + 1] = offsets[r] + Math.Min(length, state.Stored);
        }

        int count = offsets[block.Rows];
        int[] values = EncodedBlock.New<int>(pool, count);
        for (int r = 0; r < block.Rows; r++)
        {
            int from = column.Offsets[r + 1] - (offsets[r + 1] - offsets[r]);
            for (int to = offsets[r]; to < offsets[r + 1]; to++, from++)
            {
                int id = SequenceColumn.IdOf(column, from, table);
                values[to] = id;
                oov += id == table.OovRow ? 1 : 0;
            }
        }

        block.Oov[encoder.Spec.F + s] = oov;
        return new EncodedSequence(values, offsets, count, cutRows, column.Count - count);
    }

    private void EncodeTargets(EncodedBlock block, Shard shard, ShardReader reader)
    {
        targets!.Read(reader, block.Source);
        for (int r = 0; r < block.Rows; r++)
        {
            bool good = targets.TryRead(r, out RowTarget target);
            block.Labels[r] = target.Label;
            if (block.Weights.Length > 0)
                block.Weights[r] = target.Weight;
            if (good || !needLabel)
                continue;
            if (!tolerant)
                throw targets.Bad(shard, block.Source, r);
            block.Labels[r] = 0;
            block.LeaveOut(new BadRow(r, targets.Reason(r)));
        }
    }

    private void EncodeGroupKeys(EncodedBlock block)
    {
        for (int r = 0; r < block.Rows; r++)
            block.GroupKeys[r] = GroupKey.Of(column, r);
    }
}
