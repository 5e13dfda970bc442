namespace GpuCtr.Kernels.Simd;

/// <summary>Two phases over the columns of a matrix: the second reads the results of the first over the rows of all ranks.</summary>
/// <remarks>Without other ranks a task does both for its columns, while they are in cache.</remarks>
internal sealed class ColumnPhases
{
    private readonly ColumnBlocks first;
    private readonly ColumnBlocks? second;
    private readonly Action<int> exchange;

    /// <param name="device">The device.</param>
    /// <param name="columns">Columns of the matrix.</param>
    /// <param name="find">The first phase: called with the number of rows, the first column and the number of columns.</param>
    /// <param name="use">The second phase, called alike.</param>
    /// <param name="exchange">Called between them with the number of rows, if there are other ranks.</param>
    public ColumnPhases(Device device, int columns, Action<int, int, int> find, Action<int, int, int> use, Action<int> exchange)
    {
        bool divided = device.Ranks.Size > 1;
        (first, second) = (new(device, columns, divided ? find : find + use), divided ? new(device, columns, use) : null);
        this.exchange = exchange;
    }

    /// <summary>Processes all columns of the first <paramref name="rows"/> rows.</summary>
    public void Run(int rows)
    {
        first.Run(rows);
        if (second is null)
            return;
        exchange(rows);
        second.Run(rows);
    }
}
