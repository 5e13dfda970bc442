using System.Runtime.InteropServices;
using GpuCtr.SoftCuda.Memory;
using GpuCtr.SoftCuda.Streams;

namespace GpuCtr.SoftCuda.Driver;

/// <summary>Memory of the device and page-locked memory of the host.</summary>
internal sealed unsafe partial class CudaProcess
{
    // NaN as a float; as an index, before the start of every buffer.
    private const byte Poison = 0xFF;

    // Begin and end of page-locked memory, by its begin.
    private readonly SortedDictionary<ulong, (ulong End, bool IsOwn)> pageLocked = [];

    /// <summary>Free and all bytes of the device.</summary>
    public (long Free, long Total) MemoryInfo => (engine.Memory.Capacity - engine.Memory.Used, engine.Memory.Capacity);

    /// <summary>A buffer with undefined contents.</summary>
    public ulong Allocate(Context context, long bytes)
    {
        RefuseUnsafe("memory is allocated");
        if (bytes <= 0)
            throw new Refusal(CudaResult.InvalidValue, $"a buffer of {bytes} bytes is asked for");
        Allocation made = engine.Memory.Allocate(bytes) ?? throw new Refusal(CudaResult.OutOfMemory, null);
        NativeMemory.Fill(made.Data, (nuint)bytes, Poison);
        context.Buffers.Add(made.Address);
        return made.Address;
    }

    /// <summary>Frees a buffer after everything that may use it.</summary>
    public void Free(Context context, ulong address)
    {
        RefuseUnsafe("memory is freed");
        if (address == 0)
            return;
        if (!context.Buffers.Contains(address))
            throw new Refusal(CudaResult.InvalidValue, $"0x{address:x} is not the begin of a buffer of this context that lives: {engine.Memory.Find(address)?.ToString() ?? "there is none"}", Check.Stale);
        scheduler.Drain(context);
        context.Buffers.Remove(address);
        engine.Memory.Free(address);
    }

    /// <summary>Copies between any two memories. From the device to memory that is not page-locked, it returns when the copy is done; such memory is read at the time of the call.</summary>
    public void Copy(Context context, ulong target, ulong source, long bytes, nint streamHandle)
    {
        CudaStream stream = StreamOf(context, streamHandle);
        if (bytes == 0)
            return;
        _ = engine.Find(target, bytes);
        _ = engine.Find(source, bytes);
        bool isCaptured = stream.Capture is not null;
        bool stages = !isCaptured && !DeviceMemory.IsDevice(source) && !IsPageLocked(source, bytes);
        scheduler.Add(stream, new CopyWork(target, source, bytes, stages ? new Span<byte>((byte*)source, checked((int)bytes)).ToArray() : null));
        if (!isCaptured && !DeviceMemory.IsDevice(target) && !IsPageLocked(target, bytes))
            scheduler.Drain(stream);
    }

    /// <summary>Sets bytes of the device.</summary>
    public void Fill(Context context, ulong target, byte value, long bytes, nint stream)
    {
        if (bytes > 0 && engine.Find(target, bytes).Buffer is null)
            throw new Refusal(CudaResult.InvalidValue, $"0x{target:x} is no address of the device");
        if (bytes > 0)
            scheduler.Add(StreamOf(context, stream), new FillWork(target, value, bytes));
    }

    /// <summary>Page-locks memory of the host, so that copies from it are not staged.</summary>
    public void Register(ulong address, long bytes, bool isOwn = false)
    {
        RefuseUnsafe("host memory is page-locked");
        if (address == 0 || bytes <= 0)
            throw new Refusal(CudaResult.InvalidValue, $"{bytes} bytes at 0x{address:x} are to be page-locked");
        foreach ((ulong begin, (ulong end, _)) in pageLocked)
            if (begin < address + (ulong)bytes && address < end)
                throw new Refusal(CudaResult.HostMemoryAlreadyRegistered, $"{bytes} bytes at 0x{address:x} overlap {end - begin} bytes at 0x{begin:x}, which are page-locked already");
        pageLocked.Add(address, (address + (ulong)bytes, isOwn));
    }

    /// <summary>Ends page-locking, after everything that may use the memory.</summary>
    public void Unregister(Context context, ulong address, bool isOwn = false)
    {
        RefuseUnsafe("host memory is unlocked");
        if (!pageLocked.TryGetValue(address, out (ulong End, bool IsOwn) found) || found.IsOwn != isOwn)
            throw new Refusal(isOwn ? CudaResult.InvalidValue : CudaResult.HostMemoryNotRegistered, $"0x{address:x} is not the begin of page-locked memory");
        foreach (CudaStream stream in context.Streams)
            if (stream.Pending.FirstOrDefault(item => item.Work is CopyWork { Staged: null } copy && copy.Uses(address, found.End)) is { } user)
                throw new Refusal(CudaResult.InvalidValue, $"{user.Work!.Name} on {stream} has not run and uses the memory", Check.Stale);
        pageLocked.Remove(address);
    }

    /// <summary>New page-locked memory.</summary>
    public nint AllocateHost(long bytes)
    {
        nint made = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), 4096);
        Register((ulong)made, bytes, isOwn: true);
        return made;
    }

    /// <summary>Frees page-locked memory.</summary>
    public void FreeHost(Context context, nint address)
    {
        Unregister(context, (ulong)address, isOwn: true);
        NativeMemory.AlignedFree((void*)address);
    }

    /// <summary>The address by which kernels know page-locked memory: the same.</summary>
    public ulong DevicePointer(ulong address) =>
        IsPageLocked(address, 1) ? address : throw new Refusal(CudaResult.InvalidValue, $"0x{address:x} is not page-locked");

    /// <summary>1: of the host, 2: of the device (<c>CUmemorytype</c>).</summary>
    public int MemoryType(ulong address) =>
        DeviceMemory.IsDevice(address) && engine.Find(address, 0).Buffer is not null ? 2
        : IsPageLocked(address, 1) ? 1
        // ILGPU asks this of any pointer.
        : throw new Refusal(CudaResult.InvalidValue, null);

    private bool IsPageLocked(ulong address, long bytes) =>
        pageLocked.Any(range => range.Key <= address && address + (ulong)bytes <= range.Value.End);
}
