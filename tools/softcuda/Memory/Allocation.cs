using System.Runtime.InteropServices;

namespace GpuCtr.SoftCuda.Memory;

/// <summary>One buffer of the device, with a note for every byte whether it was ever written.</summary>
/// <param name="name">For messages, as in <c>buffer 3</c>.</param>
/// <param name="address">First address as kernels see it. No address of the device is one of the host's.</param>
/// <param name="bytes">Size.</param>
public sealed unsafe class Allocation(string name, ulong address, long bytes) : IDisposable
{
    private byte* data = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), 64);
    private readonly ulong[] written = new ulong[(bytes + 63) / 64];

    /// <summary>For messages, as in <c>buffer 3</c>.</summary>
    public string Name => name;

    /// <summary>First address as kernels see it.</summary>
    public ulong Address => address;

    /// <summary>Size in bytes.</summary>
    public long Bytes => bytes;

    /// <summary>The memory behind it; 0 after it was freed.</summary>
    public byte* Data => data;

    /// <summary>Whether it was freed: addresses are never used again, so that a stale pointer is known by its address.</summary>
    public bool IsFreed => data == null;

    /// <summary>What the executor keeps about this buffer to find races.</summary>
    public object? Shadow { get; set; }

    /// <summary>Whether all of these bytes were written.</summary>
    public bool IsWritten(long offset, long count)
    {
        while (count > 0)
        {
            int shift = (int)(offset & 63), part = (int)Math.Min(64 - shift, count);
            ulong mask = Ones(part) << shift;
            if ((written[offset >> 6] & mask) != mask)
                return false;
            (offset, count) = (offset + part, count - part);
        }
        return true;
    }

    /// <summary>Notes that bytes are written.</summary>
    public void MarkWritten(long offset, long count)
    {
        while (count > 0)
        {
            int shift = (int)(offset & 63), part = (int)Math.Min(64 - shift, count);
            written[offset >> 6] |= Ones(part) << shift;
            (offset, count) = (offset + part, count - part);
        }
    }

    /// <summary>Notes that nothing is written.</summary>
    public void Forget() => Array.Clear(written);

    /// <summary>Copies the note for bytes of another buffer.</summary>
    public void CopyWritten(long offset, Allocation source, long from, long count)
    {
        while (count > 0)
        {
            int shift = (int)(offset & 63), part = (int)Math.Min(64 - shift, count);
            ref ulong notes = ref written[offset >> 6];
            notes = notes & ~(Ones(part) << shift) | source.Notes(from, part) << shift;
            (offset, from, count) = (offset + part, from + part, count - part);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(data);
        data = null;
        Shadow = null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{name} ({bytes} bytes{(IsFreed ? ", freed" : "")})";

    // Of up to 64 bytes, the first one's in the lowest bit.
    private ulong Notes(long offset, int count)
    {
        int shift = (int)(offset & 63);
        ulong notes = written[offset >> 6] >> shift;
        if (shift + count > 64)
            notes |= written[(offset >> 6) + 1] << 64 - shift;
        return notes & Ones(count);
    }

    private static ulong Ones(int count) => count == 64 ? ulong.MaxValue : (1UL << count) - 1;
}
