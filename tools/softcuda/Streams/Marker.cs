namespace GpuCtr.SoftCuda.Streams;

/// <summary>A point between two items of a stream; what an event is once it was recorded.</summary>
/// <param name="stream">The stream.</param>
/// <param name="clock">What happened before this point.</param>
internal sealed class Marker(CudaStream stream, VectorClock clock)
{
    /// <summary>The stream.</summary>
    public CudaStream Stream => stream;

    /// <summary>What happened before this point.</summary>
    public VectorClock Clock => clock;

    /// <summary>Whether everything before this point was executed.</summary>
    public bool HasHappened { get; set; }

    /// <summary>When that was, in ticks of the stopwatch.</summary>
    public long Time { get; set; }
}
