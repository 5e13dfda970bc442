using GpuCtr.SoftCuda.Driver;

namespace GpuCtr.SoftCuda.Streams;

/// <summary>An item that a stream executes when its turn comes.</summary>
/// <param name="Work">What it does; null if it only waits or marks.</param>
/// <param name="InGraph">Whether a graph was launched.</param>
/// <param name="Clock">What happens before it, itself included.</param>
/// <param name="Wait">It waits until this has happened.</param>
/// <param name="Mark">It makes this happen.</param>
internal sealed record StreamItem(IWork? Work, bool InGraph, VectorClock Clock, Marker? Wait = null, Marker? Mark = null);

/// <summary>A stream of a context: items in the order of the calls, none of which runs before somebody has to wait for it.</summary>
/// <param name="context">Its context.</param>
/// <param name="index">Counts the streams of the context; 0 is the default stream.</param>
/// <param name="isBlocking">Whether it and the default stream wait for each other.</param>
internal sealed class CudaStream(Context context, int index, bool isBlocking)
{
    /// <summary>Its context.</summary>
    public Context Context => context;

    /// <summary>Counts the streams of the context; 0 is the default stream.</summary>
    public int Index => index;

    /// <summary>Whether it is the default stream ("legacy").</summary>
    public bool IsDefault => index == 0;

    /// <summary>Whether it and the default stream wait for each other.</summary>
    public bool IsBlocking => isBlocking;

    /// <summary>What happens before the next item.</summary>
    public VectorClock Clock { get; } = new();

    /// <summary>Items that have not run.</summary>
    public Queue<StreamItem> Pending { get; } = [];

    /// <summary>Where items go instead while the stream captures.</summary>
    public Capture? Capture { get; set; }

    /// <inheritdoc/>
    public override string ToString() => IsDefault ? "the default stream" : $"stream {index}";
}
