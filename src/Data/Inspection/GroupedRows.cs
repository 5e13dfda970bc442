using System.Runtime.InteropServices;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Inspection;

/// <summary>Counts the rows of each value of the column that groups them, row group by row group in the order of the files.</summary>
/// <param name="shards">The shards.</param>
/// <param name="column">The column.</param>
/// <param name="isLog">Whether rows are interactions of users.</param>
internal sealed class GroupedRows(ShardSet shards, string column, bool isLog)
{
    private const int LeastToLeaveOut = 3;

    private readonly Dictionary<ulong, (int Rows, bool Clicked)> groups = [];
    private ulong last;
    private int lastShard = -1;
    private long without;
    private bool hasLabels;
    private string? inPieces;

    /// <summary>How the column is read; null if it cannot group rows.</summary>
    public ColumnRequest? Request { get; } = GroupKey.Request(shards, column);

    /// <summary>Adds a row group.</summary>
    /// <param name="group">The row group.</param>
    /// <param name="read">(rows) its values.</param>
    /// <param name="labels">(rows) 0, 1, or below 0 for rows without a label.</param>
    public void Add(RowGroupRef group, ColumnBuffer read, ReadOnlySpan<sbyte> labels)
    {
        for (int r = 0; r < group.Rows; r++)
        {
            hasLabels |= labels[r] >= 0;
            if (read.IsNull(r))
            {
                without++;
                continue;
            }
            ulong key = GroupKey.Of(read, r);
            ref (int Rows, bool Clicked) own = ref CollectionsMarshal.GetValueRefOrAddDefault(groups, key, out bool known);
            if (known && inPieces is null && !isLog && (key, group.Shard) != (last, lastShard))
                inPieces = $"{shards.Shards[group.Shard].Place(group, r)}";
            own = (own.Rows + 1, own.Clicked || labels[r] == 1);
            (last, lastShard) = (key, group.Shard);
        }
    }

    /// <summary>The profile; null if the column does not group rows.</summary>
    public GroupProfile? Profile()
    {
        if (groups.Count == 0)
            return null;
        LengthProfile rows = LengthProfile.Of(groups.Values.GroupBy(g => g.Rows).ToDictionary(g => g.Key, g => g.LongCount()), int.MaxValue);
        return new(
            column, groups.Count, rows.Mean, rows.Median, rows.P99, rows.Longest, without,
            hasLabels && !isLog ? groups.Values.LongCount(g => !g.Clicked) : null, isLog ? groups.Values.LongCount(g => g.Rows < LeastToLeaveOut) : null, inPieces);
    }
}
