using GpuCtr.SoftCuda.Execution;
using GpuCtr.SoftCuda.Memory;
using GpuCtr.SoftCuda.Ptx;
using GpuCtr.SoftCuda.Streams;

namespace GpuCtr.SoftCuda.Driver;

/// <summary>Memory of the device or of the host.</summary>
/// <param name="Data">Where it is in this process.</param>
/// <param name="Buffer">Its buffer; null of the host's.</param>
/// <param name="Offset">Of the first byte in the buffer.</param>
internal readonly unsafe record struct Place(nint Data, Allocation? Buffer, long Offset);

/// <summary>The device behind the streams: executes work, finds its memory, checks the order of its accesses.</summary>
internal sealed unsafe class Engine(MachineSettings settings, DeviceMemory memory, Findings findings)
{
    private readonly List<Touch> touches = [];

    /// <summary>Memory of the device.</summary>
    public DeviceMemory Memory => memory;

    /// <summary>What was found.</summary>
    public Findings Findings => findings;

    /// <summary>Whether reads of unwritten memory and races are looked for.</summary>
    public bool Checks => settings.Checks;

    /// <summary>Executes a launch of a kernel.</summary>
    public required Func<PtxKernel, KernelLaunch, bool, CudaResult> Launch { get; init; }

    /// <summary>Executes an item of a stream; a fault stays with its context.</summary>
    public void Execute(IWork work, StreamItem item, CudaStream stream)
    {
        touches.Clear();
        try
        {
            stream.Context.Fault = work.Run(this, item.InGraph);
        }
        catch (Refusal refusal)
        {
            findings.Add(new(refusal.Check, work.Name, refusal.Message));
            stream.Context.Fault = CudaResult.IllegalAddress;
        }
        if (Checks)
            foreach (Touch touch in touches)
                stream.Context.Accesses.Add(touch, stream.Index, item.Clock, work.Name);
    }

    /// <summary>Notes what the work being executed uses.</summary>
    public void Note(Touch touch) => touches.Add(touch);

    /// <summary>Memory at an address, of the device if the address is one; the use is noted.</summary>
    /// <exception cref="Refusal">There is no buffer of that size.</exception>
    public Place Use(ulong address, long bytes, bool writes)
    {
        Place place = Find(address, bytes);
        if (place.Buffer is { } buffer)
            Note(new(buffer, place.Offset, place.Offset + bytes, writes));
        return place;
    }

    /// <summary>Memory at an address, of the device if the address is one.</summary>
    /// <exception cref="Refusal">There is no buffer of that size.</exception>
    public Place Find(ulong address, long bytes)
    {
        if (!DeviceMemory.IsDevice(address))
            return new((nint)address, null, 0);
        if (memory.Find(address) is not { } found || address - found.Address > (ulong)found.Bytes)
            throw new Refusal(CudaResult.InvalidValue, $"{bytes} bytes at 0x{address:x} lie in no buffer", Check.Bounds);
        long offset = (long)(address - found.Address);
        if (found.IsFreed)
            throw new Refusal(CudaResult.InvalidValue, $"{bytes} bytes at byte {offset} of {found}", Check.Stale);
        if (offset + bytes > found.Bytes)
            throw new Refusal(CudaResult.InvalidValue, $"{bytes} bytes at byte {offset} of {found} end behind it", Check.Bounds);
        return new((nint)(found.Data + offset), found, offset);
    }

    /// <summary>Finds a read of memory that nobody wrote.</summary>
    public void CheckWritten(Place place, long bytes, string reader)
    {
        if (!Checks || place.Buffer is not { } buffer)
            return;
        for (long i = 0; i < bytes; i += 64)
            if (!buffer.IsWritten(place.Offset + i, (int)Math.Min(64, bytes - i)))
            {
                while (buffer.IsWritten(place.Offset + i, 1))
                    i++;
                findings.Add(new(Check.Uninitialized, reader, $"byte {place.Offset + i} of {buffer} was never written"));
                return;
            }
    }
}
