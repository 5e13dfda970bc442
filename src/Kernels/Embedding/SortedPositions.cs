using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Embedding;

/// <summary>On the device: the positions of the batch grouped by table row, as <see cref="PositionSorter"/> wrote them.</summary>
public sealed class SortedPositions(Workspace workspace, int capacity)
{
    /// <summary>(P) indices into the row gradients.</summary>
    public DeviceArray<int> Order { get; } = workspace.Array<int>("sorted positions", capacity);

    /// <summary>(U + 1) first position of each row.</summary>
    public DeviceArray<int> SegmentStart { get; } = workspace.Array<int>("segment starts", capacity + 1L);

    /// <summary>(U) rows of the table.</summary>
    public DeviceArray<int> SegmentRow { get; } = workspace.Array<int>("segment rows", capacity);

    /// <summary>(1) U once more, where kernels read it: what they are launched with is the same for every batch.</summary>
    public DeviceArray<int> Count { get; } = workspace.Array<int>("segments", 1);

    /// <summary>P: the most positions of a batch, and so the most different rows.</summary>
    public int Capacity { get; } = capacity;

    /// <summary>U: different rows in the batch at hand.</summary>
    public int Segments { get; set; }
}
