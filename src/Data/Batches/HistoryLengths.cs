using GpuCtr.Data.Shards;
using GpuCtr.Models.Features;

namespace GpuCtr.Data.Batches;

/// <summary>Checks that the histories of a behaviour group, which describe the same events, have equal lengths in every row, and so have their negatives.</summary>
/// <param name="sequences">The list columns of the spec.</param>
/// <param name="tolerant">Whether a row with unequal lengths is skipped instead of being an error.</param>
internal sealed class HistoryLengths(IReadOnlyList<SequenceField> sequences, bool tolerant)
{
    // For every group with several histories: the list starts of its first one.
    private readonly Dictionary<int, int[]> starts = [];

    /// <summary>Checks a list column of a block before its lists are cut; called in the order of the spec.</summary>
    /// <exception cref="GpuCtrException">Data: names shard, row, columns and lengths.</exception>
    public void Check(EncodedBlock block, Shard shard, int sequence, ColumnBuffer column)
    {
        SequenceField field = sequences[sequence];
        int[] group = [.. Enumerable.Range(0, sequences.Count).Where(s => sequences[s].Role != SequenceRole.Pooled && sequences[s].Group == field.Group)];
        if (field.Role == SequenceRole.Pooled || group.Length < 2)
            return;
        ReadOnlySpan<int> offsets = column.Offsets.AsSpan(0, block.Rows + 1);
        if (group[0] == sequence)
            starts[field.Group] = offsets.ToArray();
        else if (!offsets.SequenceEqual(starts[field.Group]))
            Compare(block, shard, (sequences[group[0]].Name, starts[field.Group]), (field.Name, column.Offsets), Rule(field));
    }

    private static (string What, string Advice) Rule(SequenceField field) => field.Role == SequenceRole.Negative
        ? ("a history and its negatives", "leave out all columns of negatives, so that they are drawn (--exclude)")
        : ("histories of one group", $"make one of them a list of its own with --multi-value {field.Name}");

    private void Compare(EncodedBlock block, Shard shard, (string Name, int[] Starts) a, (string Name, int[] Starts) b, (string What, string Advice) rule)
    {
        for (int r = 0; r < block.Rows; r++)
        {
            int lengthA = a.Starts[r + 1] - a.Starts[r], lengthB = b.Starts[r + 1] - b.Starts[r];
            if (lengthA == lengthB)
                continue;
            if (!tolerant)
                throw GpuCtrException.DataError(
                    shard.Place(block.Source, r), $"{a.Name} has {lengthA} entries and {b.Name} has {lengthB}, but {rule.What} must have equal lengths; correct it, allow some such rows with --bad-rows, or {rule.Advice}");
            block.LeaveOut(new BadRow(r, $"{a.Name} and {b.Name} differ in length"));
        }
    }
}
