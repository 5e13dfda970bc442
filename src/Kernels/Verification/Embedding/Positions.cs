using GpuCtr.Kernels.Embedding;

namespace GpuCtr.Kernels.Verification;

/// <summary>Sorted positions of a trial.</summary>
internal static class Positions
{
    /// <summary>Sorts (table row, gradient row) pairs and uploads them before every run.</summary>
    public static SortedPositions Of(Trial t, int capacity, int tableRows, IEnumerable<(int Row, int Gradient)> pairs)
    {
        SortedPositions positions = new(t.Workspace, capacity);
        PositionSorter sorter = new(capacity);
        foreach ((int row, int gradient) in pairs)
            sorter.Add(row, gradient);
        int[] order = new int[capacity], start = new int[capacity + 1], rows = new int[capacity], blocks = new int[SortedPositions.Blocks(capacity)];
        positions.Segments = sorter.Sort(tableRows, order, start, rows);
        SortedPositions.FindBlocks(start.AsSpan(..(positions.Segments + 1)), blocks);
        t.Upload(positions.Order, order[..start[positions.Segments]]);
        t.Upload(positions.SegmentStart, start[..(positions.Segments + 1)]);
        t.Upload(positions.SegmentRow, rows[..positions.Segments]);
        t.Upload(positions.SegmentOfBlock, blocks[..SortedPositions.Blocks(start[positions.Segments])]);
        t.Upload(positions.Count, [positions.Segments]);
        return positions;
    }
}
