using ILGPU.Runtime;

namespace GpuCtr.Kernels.Devices;

/// <summary>Copies batches to the device while it still computes on the previous one: on CUDA on a second stream, elsewhere in sequence.</summary>
/// <remarks>Inputs are double-buffered: a copy waits for the step before the previous one, which read the same buffers.</remarks>
internal sealed class BatchCopies : IDisposable
{
    private readonly CudaDriver? driver;
    private readonly nint compute, copies;
    private readonly nint[] read = [0, 0];
    private int side;

    /// <summary>Copies and kernels on the same stream.</summary>
    public BatchCopies(AcceleratorStream stream) => Stream = stream;

    /// <summary>Copies and kernels on different streams, given by their driver handles.</summary>
    public BatchCopies(CudaDriver driver, AcceleratorStream stream, nint copies, nint compute)
    {
        (this.driver, Stream, this.copies, this.compute) = (driver, stream, copies, compute);
        read = [driver.CreateEvent(), driver.CreateEvent()];
    }

    /// <summary>The stream of the copies.</summary>
    public AcceleratorStream Stream { get; }

    /// <summary>Called before a batch is copied.</summary>
    public void Begin()
    {
        side ^= 1;
        driver?.Wait(read[side], copies);
    }

    /// <summary>Waits until everything is copied, so that the host buffers may be reused, and makes kernels wait for the copies.</summary>
    public void End() => Stream.Synchronize();

    /// <summary>Called after the launch of everything that reads the batch.</summary>
    public void Read() => driver?.Record(read[side], compute);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint happening in read)
            if (happening != 0)
                driver!.DestroyEvent(happening);
    }
}
