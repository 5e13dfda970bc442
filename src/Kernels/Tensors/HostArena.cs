using System.Runtime.InteropServices;
using GpuCtr.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Tensors;

/// <summary>One piece of memory for all buffers of a model on the CPU device, backed by huge pages if available.</summary>
/// <remarks>
/// Pages of 4 KB are scattered in physical memory, so which of them conflict in the second-level cache is random: the same step took up to a fifth longer
/// in one process than in the next, and gathers missed the TLB.
/// </remarks>
internal sealed class HostArena : IDisposable
{
    // A cache line, and a 512-bit register: SIMD variants load rows of buffers that start on this boundary.
    private const int Alignment = 64;

    // Gap between buffers, so that buffers whose sizes are powers of two do not all start at the same offset in a page.
    private const int Gap = 5 * Alignment;

    private readonly MemoryBuffer memory;
    private readonly ArrayView<byte> whole;
    private long used;

    /// <param name="device">The CPU device.</param>
    /// <param name="bytes">Sum of <see cref="Room"/> of all buffers.</param>
    public HostArena(Device device, long bytes)
    {
        bytes += HugePages.PageBytes;
        if (device.UsesSimd)
        {
            memory = new HostBuffer(bytes);
            whole = new ArrayView<byte>(memory, 0, bytes);
        }
        else
        {
            MemoryBuffer1D<byte, Stride1D.Dense> owned = device.Accelerator.Allocate1D<byte>(bytes);
            (memory, whole) = (owned, owned.View.AsContiguous());
        }

        used = HugePages.Advise(memory.NativePtr, memory.LengthInBytes) - memory.NativePtr;
    }

    /// <summary>Bytes that a buffer takes, with its gap.</summary>
    public static long Room(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment + Gap;

    /// <summary>Allocates <paramref name="length"/> zeroed elements; returns view and address. A view must not be empty, so that of 0 elements shows one element of the gap.</summary>
    public unsafe (ArrayView<T> View, nint Address) Take<T>(long length) where T : unmanaged
    {
        long bytes = length * Interop.SizeOf<T>(), seen = Math.Max(bytes, Interop.SizeOf<T>());
        ArrayView<byte> view = whole.SubView(used, seen);
        nint address = memory.NativePtr + (nint)used;
        used += Room(bytes);
        for (long at = 0; at < seen; at += int.MaxValue)
            new Span<byte>((byte*)address + at, (int)Math.Min(int.MaxValue, seen - at)).Clear();
        return (view.Cast<T>(), address);
    }

    /// <summary>Fills the arena with 0xFF bytes.</summary>
    public unsafe void Poison() => NativeMemory.Fill((void*)memory.NativePtr, (nuint)memory.LengthInBytes, 0xFF);

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();
}
