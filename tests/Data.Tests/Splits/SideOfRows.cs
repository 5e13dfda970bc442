using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;

namespace GpuCtr.Data.Tests.Splits;

internal static class SideOfRows
{
    /// <summary>The side of every row of a row group; each is on exactly one.</summary>
    public static RowSide[] In(RowSplit split, RowGroupRef group)
    {
        RowSide?[] found = new RowSide?[group.Rows];
        foreach (RowSide side in Enum.GetValues<RowSide>())
        {
            bool[] chosen = new bool[group.Rows];
            split.Mark(group, side, chosen);
            for (int r = 0; r < chosen.Length; r++)
            {
                Assert.False(chosen[r] && found[r] is not null);
                found[r] = chosen[r] ? side : found[r];
            }
        }

        return [.. found.Select(s => s!.Value)];
    }
}
