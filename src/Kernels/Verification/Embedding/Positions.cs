using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Sorted positions of a trial.</summary>
internal static class Positions
{
    /// <summary>Sorts (table row, gradient row) pairs and uploads them before every run.</summary>
    public static SortedLookups Of(Trial t, int capacity, int tableRows, IEnumerable<(int Row, int Gradient)> pairs)
    {
        SortedLookups positions = new(t.Workspace, capacity);
        LookupSorter sorter = new(capacity);
        foreach ((int row, int gradient) in pairs)
            sorter.Add(row, gradient);
        foreach ((DeviceArray<int> array, int[] content) in positions.Arrays.Zip(positions.Sort(sorter, tableRows)))
            t.Upload(array, content);
        return positions;
    }

    /// <summary>Has the device sort the table rows <paramref name="ids"/>, the gradient of each being its place; <paramref name="padding"/> is the row that is not trained.</summary>
    public static SortedLookups OnDevice(Trial t, int[] ids, int tableRows, int padding)
    {
        DeviceArray<int> rows = t.Workspace.Array<int>("ids", ids.Length), untrained = t.Workspace.Array<int>("padding", 1);
        t.Upload(rows, ids);
        t.Upload(untrained, padding);
        SortedLookups positions = new(t.Workspace, ids.Length);
        LookupSort sort = new(t.Workspace, [new(rows, 0, _ => ids.Length, untrained, 1, 0)], tableRows, positions);
        t.Forward(pass => sort.Run(pass));
        return positions;
    }
}
