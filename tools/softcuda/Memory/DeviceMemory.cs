namespace GpuCtr.SoftCuda.Memory;

/// <summary>The memory of the device: buffers far apart at addresses that are used once, so that every wrong pointer is known as one.</summary>
/// <param name="capacity">Bytes that can be allocated at once.</param>
public sealed class DeviceMemory(long capacity)
{
    // Beyond what a process of the host can use: a pointer of one kind is never taken for the other.
    private const ulong First = 0x8000_0000_0000;

    // cuMemAlloc promises multiples of 256; addresses here are no more than that.
    private const ulong Unit = 256, Apart = 1 << 16;

    private readonly List<Allocation> all = [];
    private readonly Lock turn = new();
    private ulong next = First + Unit;

    /// <summary>Bytes that can be allocated at once.</summary>
    public long Capacity => capacity;

    /// <summary>Bytes in use.</summary>
    public long Used { get; private set; }

    /// <summary>Whether an address is one of the device.</summary>
    public static bool IsDevice(ulong address) => address >= First;

    /// <summary>A new buffer; null if too little is free.</summary>
    public Allocation? Allocate(long bytes)
    {
        lock (turn)
        {
            if (bytes > capacity - Used)
                return null;
            Used += bytes;
            Allocation made = new($"buffer {all.Count + 1}", next, bytes);
            all.Add(made);
            // Not a multiple of 512: a kernel that relies on more than the driver promises is found.
            next += ((ulong)bytes + Apart) / (2 * Unit) * (2 * Unit) + 2 * Unit;
            return made;
        }
    }

    /// <summary>Frees the buffer that begins at an address; false if there is none.</summary>
    public bool Free(ulong address)
    {
        lock (turn)
        {
            if (Find(address) is not { IsFreed: false } found || found.Address != address)
                return false;
            Used -= found.Bytes;
            found.Dispose();
            return true;
        }
    }

    /// <summary>The buffer that holds an address, or the last one before it, freed or not; null before the first.</summary>
    public Allocation? Find(ulong address)
    {
        lock (turn)
        {
            int low = 0, high = all.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (all[middle].Address <= address)
                    low = middle + 1;
                else
                    high = middle;
            }
            return low == 0 ? null : all[low - 1];
        }
    }
}
