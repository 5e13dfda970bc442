using GpuCtr.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Tensors;

/// <summary>One piece of memory for all buffers of a model on the CPU device, backed by huge pages where the system has them.</summary>
/// <remarks>
/// Pages of 4 KB lie anywhere in memory, and which of them compete for the same places in the second-level cache is chance: the same step took up to a fifth longer
/// in one process than in the next, and its gathers missed the translation buffer.
/// </remarks>
internal sealed class HostArena : IDisposable
{
    // One cache line, and one 512-bit register: the SIMD variants load rows of buffers that start on this boundary.
    private const int Alignment = 64;

    // Between two buffers, so that those with sizes of a power of two do not all begin at the same place of a page.
    private const int Gap = 5 * Alignment;

    private readonly Device device;
    private readonly MemoryBuffer1D<byte, Stride1D.Dense> memory;
    private long used;

    /// <param name="device">The CPU device.</param>
    /// <param name="bytes">Sum of <see cref="Room"/> of all buffers.</param>
    public HostArena(Device device, long bytes)
    {
        this.device = device;
        memory = device.Accelerator.Allocate1D<byte>(bytes + HugePages.PageBytes);
        used = HugePages.Advise(memory.NativePtr, memory.LengthInBytes) - memory.NativePtr;
    }

    /// <summary>Bytes that a buffer takes in all.</summary>
    public static long Room(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment + Gap;

    /// <summary>The next <paramref name="length"/> elements, zero, and where they lie. A view must not be empty: where there is none, one element of the gap is seen.</summary>
    public unsafe (ArrayView<T> View, nint Address) Take<T>(long length) where T : unmanaged
    {
        long bytes = length * Interop.SizeOf<T>(), seen = Math.Max(bytes, Interop.SizeOf<T>());
        ArrayView<byte> view = memory.View.AsContiguous().SubView(used, seen);
        nint address = memory.NativePtr + (nint)used;
        used += Room(bytes);
        for (long at = 0; at < seen; at += int.MaxValue)
            new Span<byte>((byte*)address + at, (int)Math.Min(int.MaxValue, seen - at)).Clear();
        return (view.Cast<T>(), address);
    }

    /// <summary>Fills all of it with 0xFF bytes.</summary>
    public void Poison() => memory.MemSet(device.Stream, 0xFF);

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();
}
