using GpuCtr.SoftCuda.Streams;

namespace GpuCtr.SoftCuda.Driver;

/// <summary>A context: its objects are destroyed with it, and after a fault in one of its kernels, nothing in it runs.</summary>
internal sealed class Context
{
    /// <summary>A context with its default stream.</summary>
    /// <param name="findings">Where races between its streams go.</param>
    public Context(Findings findings)
    {
        Accesses = new(findings);
        Streams = [new(this, 0, isBlocking: true)];
    }

    /// <summary>Streams that were not destroyed, the default stream first.</summary>
    public List<CudaStream> Streams { get; }

    /// <summary>The default stream.</summary>
    public CudaStream DefaultStream => Streams[0];

    /// <summary>Streams ever made.</summary>
    public int StreamCount { get; private set; } = 1;

    /// <summary>The vector clock of the work that the host has waited for.</summary>
    public VectorClock HostClock { get; } = new();

    /// <summary>Who used which bytes.</summary>
    public AccessLog Accesses { get; }

    /// <summary>Addresses of buffers that live.</summary>
    public HashSet<ulong> Buffers { get; } = [];

    /// <summary>The first fault of a kernel; every later call returns it.</summary>
    public CudaResult Fault { get; set; }

    /// <summary>Whether it was destroyed.</summary>
    public bool IsDestroyed { get; set; }

    /// <summary>A new stream.</summary>
    public CudaStream AddStream(bool isBlocking)
    {
        CudaStream made = new(this, StreamCount++, isBlocking);
        Streams.Add(made);
        return made;
    }

    /// <summary>Refuses a call after a fault.</summary>
    public void ThrowIfFaulted()
    {
        if (Fault != CudaResult.Success)
            throw new Refusal(Fault, null);
    }
}
