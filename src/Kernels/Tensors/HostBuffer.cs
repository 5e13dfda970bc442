using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Tensors;

/// <summary>Native memory as a buffer of ILGPU that belongs to no accelerator, so that SIMD variants need none: they read and write its addresses.</summary>
internal sealed unsafe class HostBuffer : MemoryBuffer
{
    /// <param name="bytes">Its size; the memory is not cleared.</param>
    /// <exception cref="OutOfMemoryException">There is too little memory.</exception>
    public HostBuffer(long bytes) : base(null!, bytes, elementSize: 1) => NativePtr = (nint)NativeMemory.Alloc(checked((nuint)bytes));

    /// <inheritdoc/>
    protected override void MemSet(AcceleratorStream stream, byte value, in ArrayView<byte> targetView) => throw NoStream();

    /// <inheritdoc/>
    protected override void CopyFrom(AcceleratorStream stream, in ArrayView<byte> sourceView, in ArrayView<byte> targetView) => throw NoStream();

    /// <inheritdoc/>
    protected override void CopyTo(AcceleratorStream stream, in ArrayView<byte> sourceView, in ArrayView<byte> targetView) => throw NoStream();

    /// <inheritdoc/>
    protected override void DisposeAcceleratorObject(bool disposing)
    {
        NativeMemory.Free((void*)NativePtr);
        NativePtr = 0;
    }

    private static InvalidOperationException NoStream() => new("memory of the SIMD variants is not on a stream");
}
