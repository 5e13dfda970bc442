using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>Lists of doubles: ids that were integers until there was a null among them, or vectors of real numbers.</summary>
internal static class RealLists
{
    /// <summary>Why the entries of the first row group that has any are no ids; null where all are whole numbers.</summary>
    public static string? WhyNotIds(ShardSet shards, string column)
    {
        ColumnBuffer buffer = new();
        WantedColumn ids = new(column, ValueKind.Integer, IsList: true);
        try
        {
            foreach (RowGroupRef group in shards.RowGroups)
            {
                using ShardReader reader = shards.Shards[group.Shard].Rent();
                reader.Read(group.Group, ids, buffer);
                if (buffer.Misfits.Count > 0)
                    return buffer.FirstMisfit;
                if (!buffer.IsAllNull)
                    return null;
            }
        }
        catch (GpuCtrException e)
        {
            // What cannot be read was not asked for either.
            return e.Message;
        }

        return "it has no entries";
    }
}
