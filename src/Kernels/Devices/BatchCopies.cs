using ILGPU.Runtime;

namespace GpuCtr.Kernels.Devices;

/// <summary>Copies batches to the device while it still computes with the last one: on CUDA on a stream of their own, elsewhere in turn.</summary>
/// <remarks>Whoever is copied to exists twice and changes sides before every batch: a copy waits for the step before the last, which read the same side.</remarks>
internal sealed class BatchCopies : IDisposable
{
    private readonly CudaDriver? driver;
    private readonly nint compute, copies;
    private readonly nint[] read = [0, 0];
    private int side;

    /// <summary>Copies and kernels in turn on one stream.</summary>
    public BatchCopies(AcceleratorStream stream) => Stream = stream;

    /// <summary>Copies on one stream, kernels on another one, both by their handles in the driver.</summary>
    public BatchCopies(CudaDriver driver, AcceleratorStream stream, nint copies, nint compute)
    {
        (this.driver, Stream, this.copies, this.compute) = (driver, stream, copies, compute);
        read = [driver.CreateEvent(), driver.CreateEvent()];
    }

    /// <summary>Where the copies go.</summary>
    public AcceleratorStream Stream { get; }

    /// <summary>Called before a batch is copied.</summary>
    public void Begin()
    {
        side ^= 1;
        driver?.Wait(read[side], copies);
    }

    /// <summary>Returns when all is copied, so that the host's side may be filled again, and kernels find what they read.</summary>
    public void End() => Stream.Synchronize();

    /// <summary>Called when everything that reads the batch was launched.</summary>
    public void Read() => driver?.Record(read[side], compute);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint happening in read)
            if (happening != 0)
                driver!.DestroyEvent(happening);
    }
}
